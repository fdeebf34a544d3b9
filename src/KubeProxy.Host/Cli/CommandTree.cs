using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace KubeProxy.Host.Cli;

/// <summary>What a command line ends in: gets the text behind the path, writes its output, returns what it did not read.</summary>
internal delegate string CommandAction(string rest, StringBuilder output);

internal sealed record CliCommand(string Path, string ShortHelp, CommandAction Run);

/// <summary>
/// The commands by path, one tree level per word, matched as VPP's CLI does: a word may be shortened as long as it is the
/// start of one sub-command only; a word that is a whole sub-command wins over longer ones.
/// </summary>
internal sealed class CommandTree
{
    private const int ShownInputLength = 30;

    private sealed class Level(string path)
    {
        internal string Path { get; } = path;

        internal SortedDictionary<string, Level> Children { get; } = new(StringComparer.Ordinal);

        internal CliCommand? Command { get; set; }
    }

    private readonly Level _root = new("");

    /// <summary>False if the path has a command already.</summary>
    internal bool TryRegister(CliCommand command)
    {
        Level level = _root;
        foreach (string word in command.Path.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!level.Children.TryGetValue(word, out Level? child))
                level.Children[word] = child = new Level(level.Path.Length == 0 ? word : $"{level.Path} {word}");
            level = child;
        }
        if (level.Command is { Run: not null })
            return false;
        level.Command = command;
        return true;
    }

    /// <summary>Runs one line. Errors end up in the output, as in VPP.</summary>
    internal void Run(string line, StringBuilder output)
    {
        string rest = line.Trim();
        while (rest.Length > 0)
        {
            string? error = Dispatch(_root, rest, output, out rest);
            if (error is not null)
            {
                output.Append(error);
                EndLine(output);
                return;
            }
            rest = rest.Trim();
        }
    }

    internal static void EndLine(StringBuilder output)
    {
        if (output.Length > 0 && output[^1] != '\n')
            output.Append('\n');
    }

    /// <summary>The first 30 characters of what could not be read, as VPP shows them.</summary>
    internal static string Shown(string input) =>
        input.Length > ShownInputLength ? input[..ShownInputLength] + "..." : input.TrimEnd();

    private static string? Dispatch(Level level, string input, StringBuilder output, out string rest)
    {
        rest = "";
        if (level.Path.Length == 0 && TryHelp(level, input, output))
            return null;
        if (!TryMatch(level, input, out Level? child, out string behind))
            return level.Path.Length == 0 ? $"unknown input `{Shown(input)}'" : $"{level.Path}: unknown input `{Shown(input)}'";
        string? error = null;
        if (child.Children.Count > 0)
        {
            error = Dispatch(child, behind, output, out rest);
            if (error is null)
                return null;
        }
        return child.Command is null ? error : Call(child.Command, behind, output, out rest);
    }

    private static string? Call(CliCommand command, string arguments, StringBuilder output, out string rest)
    {
        rest = "";
        try
        {
            rest = command.Run(arguments, output);
            return null;
        }
        catch (CliException e)
        {
            return $"{command.Path}: {e.Message}";
        }
    }

    private static bool TryMatch(Level level, string input, [NotNullWhen(true)] out Level? child, out string rest)
    {
        child = null;
        rest = input;
        int length = 0;
        while (length < input.Length && (char.IsAsciiLetterOrDigit(input[length]) || input[length] is '-' or '_'))
            length++;
        if (length == 0)
            return false;
        string word = input[..length];
        if (!level.Children.TryGetValue(word, out child))
        {
            List<Level> matches = [.. level.Children.Where(c => c.Key.StartsWith(word, StringComparison.Ordinal)).Select(c => c.Value)];
            if (matches.Count != 1)
                return false;
            child = matches[0];
        }
        rest = input[length..].TrimStart();
        return true;
    }

    private static bool TryHelp(Level root, string input, StringBuilder output)
    {
        bool list = input == "?";
        if (!list && input != "help" && !input.StartsWith("help ", StringComparison.Ordinal))
            return false;
        Level level = root;
        string rest = list ? "" : input[4..].Trim();
        while (rest.Length > 0)
        {
            if (!TryMatch(level, rest, out Level? child, out rest))
            {
                output.Append("unknown input `").Append(Shown(rest)).Append("'\n");
                return true;
            }
            level = child;
        }
        if (level.Command is { } command)
            output.Append("  ").Append(command.ShortHelp).Append('\n');
        foreach ((string name, Level sub) in level.Children)
            output.Append("  ").Append(name.PadRight(30)).Append(' ').Append(sub.Command?.ShortHelp).Append('\n');
        return true;
    }
}
