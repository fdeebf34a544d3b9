using System.Text.RegularExpressions;
using KubeProxy.Readme.Tests.Markdown;
using KubeProxy.Testbed;
using Xunit;

namespace KubeProxy.Readme.Tests.Documents;

/// <summary>Every row of docs/reliability.md has a command that exists; those that tests measure have tests.</summary>
public sealed partial class ScoreboardTests
{
    private static readonly (string Id, string Command)[] Rows = [.. Row().Matches(MarkdownFiles.Read("docs/reliability.md"))
        .Select(match => (match.Groups[1].Value, match.Groups[2].Value))];

    public static TheoryData<string, string> Commands => [.. Rows];

    [Fact]
    public void EveryFigureHasARow() => Assert.Equal(Enumerable.Range(1, 23).Select(number => $"REL-{number:d2}"), Rows.Select(row => row.Id).Distinct());

    [Theory]
    [MemberData(nameof(Commands))]
    public void ARowsCommandIsThere(string id, string command)
    {
        string[] words = command.Split(' ');
        string help = Tool.Run(Path.Combine(Artifacts.RepositoryRoot, "build.sh"), "help");
        string entry = Regex.Match(help, $@"^  {Regex.Escape(words[0])}\b.*(?:\n   .*)*", RegexOptions.Multiline).Value;
        Assert.True(entry.Length > 0, $"./build.sh help does not list {words[0]}");
        if (words[0] == "measure")
            Assert.Equal(id, words[1]);
        else
            Assert.All(words[1..], word => Assert.Contains(word, entry, StringComparison.Ordinal));
    }

    [Fact]
    public void WhatTestsMeasureTestsBear()
    {
        string[] measured = [.. Rows.Where(row => row.Command.StartsWith("measure", StringComparison.Ordinal)).Select(row => row.Id)];
        Assert.True(measured.Length > 10);
        Assert.All(measured.Where(id => id != "REL-18"), id => Assert.Contains(id, TestSources.Figures));
        Assert.All(TestSources.Figures, id => Assert.Contains(id, measured));
    }

    [GeneratedRegex(@"^\| (REL-\d\d) \| [^|]+ \| [^|]+ \| `([^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
