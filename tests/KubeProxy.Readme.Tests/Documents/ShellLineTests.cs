using System.Text.RegularExpressions;
using KubeProxy.Readme.Tests.Markdown;
using KubeProxy.Testbed;
using Xunit;

namespace KubeProxy.Readme.Tests.Documents;

/// <summary>The <c>$ </c> lines of the README: what they name exists.</summary>
public sealed partial class ShellLineTests
{
    private const string Build = "./build.sh ";
    private static readonly string Script = Path.Combine(Artifacts.RepositoryRoot, "build.sh");

    public static TheoryData<string> BuildLines => [.. Lines().Concat(InText()).Distinct()];

    [Theory]
    [MemberData(nameof(BuildLines))]
    public void ABuildLineNamesAVerbAndOptionsThatTheHelpLists(string line)
    {
        string[] words = line[Build.Length..].Split(' ');
        ToolResult help = Tool.Try(Script, words[0], "--help");
        Assert.Equal(0, help.ExitCode);
        string entry = Assert.Single(Entries(help.Output), text => text.StartsWith(words[0] + " ", StringComparison.Ordinal));
        foreach (string option in words[1..].Where(word => word.StartsWith("--", StringComparison.Ordinal)))
            Assert.Contains(option, entry, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUnknownVerbIsRefused() => Assert.NotEqual(0, Tool.Try(Script, "no-such-verb").ExitCode);

    [Fact]
    public void EveryOtherLineIsOfAKindThatIsCheckedElsewhere() => Assert.All(
        ConsoleBlock.StepsOf("README.md").Where(step => step.Prompt == ConsoleBlock.ShellPrompt).Select(step => step.Command),
        command => Assert.Matches(@"^(\./build\.sh |cp docs/tour/|artifacts/ku-host )", command));

    [Fact]
    public void TheOptionsOfTheEmbeddedHostAreThoseOfItsHelp()
    {
        Assert.SkipWhen(Artifacts.Missing(Artifacts.EmbeddedHost) is not null, Artifacts.Missing(Artifacts.EmbeddedHost) ?? "");
        ToolResult result = Tool.Try(Artifacts.EmbeddedHost, "--help");
        string help = result.Output + result.Error;
        foreach (Match option in HostOption().Matches(MarkdownFiles.Read("README.md")))
            Assert.Contains(option.Value, help, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Lines() => ConsoleBlock.StepsOf("README.md")
        .Where(step => step.Prompt == ConsoleBlock.ShellPrompt && step.Command.StartsWith(Build, StringComparison.Ordinal))
        .Select(step => step.Command);

    private static IEnumerable<string> InText() => MarkdownFiles.All.SelectMany(path => BuildInText().Matches(MarkdownFiles.Read(path))).Select(match => match.Groups[1].Value);

    /// <summary>The help's verbs, each with the lines that belong to it.</summary>
    private static IEnumerable<string> Entries(string help) => VerbStart().Split(help).Skip(1);

    [GeneratedRegex(@"^  (?=[a-z])", RegexOptions.Multiline)]
    private static partial Regex VerbStart();

    [GeneratedRegex("`(\\./build\\.sh [a-z][^`]*)`")]
    private static partial Regex BuildInText();

    [GeneratedRegex(@"(?<=ku-host[^\n]*)--[a-z]+")]
    private static partial Regex HostOption();
}
