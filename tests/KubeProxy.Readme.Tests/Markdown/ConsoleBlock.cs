using KubeProxy.Testbed;

namespace KubeProxy.Readme.Tests.Markdown;

/// <summary>A command of a document and the lines that the document shows below it.</summary>
public sealed record ConsoleStep(string Prompt, string Command, IReadOnlyList<string> Output, string Where);

/// <summary>
/// The <c>```console</c> blocks of a document: lines behind a prompt are commands, the lines below are what they print.
/// </summary>
public static class ConsoleBlock
{
    /// <summary>Typed into a host.</summary>
    public const string HostPrompt = "vpp# ";

    /// <summary>Typed into a shell.</summary>
    public const string ShellPrompt = "$ ";

    private const string Fence = "```";

    /// <summary>All commands of a file of the repository, in order.</summary>
    public static IReadOnlyList<ConsoleStep> StepsOf(string path) =>
        Parse(File.ReadAllLines(Path.Combine(Artifacts.RepositoryRoot, path)), path);

    /// <summary>All commands of a document.</summary>
    public static IReadOnlyList<ConsoleStep> Parse(IReadOnlyList<string> lines, string path)
    {
        ArgumentNullException.ThrowIfNull(lines);
        List<ConsoleStep> steps = [];
        bool isConsole = false;
        for (int i = 0; i < lines.Count; i++)
        {
            if (lines[i].StartsWith(Fence, StringComparison.Ordinal))
                isConsole = lines[i] == Fence + "console";
            else if (isConsole && PromptOf(lines[i]) is { } prompt)
                steps.Add(new ConsoleStep(prompt, lines[i][prompt.Length..], OutputBelow(lines, i), $"{path}:{i + 1}"));
        }

        return steps;
    }

    private static List<string> OutputBelow(IReadOnlyList<string> lines, int command)
    {
        List<string> output = [];
        for (int i = command + 1; i < lines.Count; i++)
        {
            if (PromptOf(lines[i]) is not null || lines[i].StartsWith(Fence, StringComparison.Ordinal))
                break;
            output.Add(lines[i]);
        }

        while (output.Count > 0 && output[^1].Length == 0)
            output.RemoveAt(output.Count - 1);
        return output;
    }

    private static string? PromptOf(string line) =>
        new[] { HostPrompt, ShellPrompt }.FirstOrDefault(prompt => line.StartsWith(prompt, StringComparison.Ordinal));
}
