using Xunit;

namespace KubeProxy.Readme.Tests.Markdown;

/// <summary>The reading and comparing of documents, and that a planted fault is found.</summary>
public sealed class ConsoleBlockTests
{
    [Fact]
    public void OnlyLinesInConsoleBlocksAreCommandsAndWhatIsBelowThemIsTheirOutput()
    {
        string[] document = ["vpp# not a command", "```", "vpp# nor this", "```", "```console", "$ shell", "vpp# show ku", "one", "", "two", "", "```", "text"];
        IReadOnlyList<ConsoleStep> steps = ConsoleBlock.Parse(document, "x.md");
        Assert.Equal(["shell", "show ku"], steps.Select(step => step.Command));
        Assert.Equal([ConsoleBlock.ShellPrompt, ConsoleBlock.HostPrompt], steps.Select(step => step.Prompt));
        Assert.Empty(steps[0].Output);
        Assert.Equal(["one", "", "two"], steps[1].Output);
        Assert.Equal("x.md:7", steps[1].Where);
    }

    [Theory]
    [InlineData("pods  2", "pods    2")]
    [InlineData("idle <n>", "idle 17")]
    [InlineData("a|...|d", "a|b|c|d")]
    [InlineData("...|d", "d")]
    [InlineData("a|...", "a")]
    [InlineData("...|b|...|b", "a|b|c|b")]
    [InlineData("", "")]
    public void WhatIsShownAsPrintedIsAccepted(string shown, string printed) => Assert.Null(Difference(shown, printed));

    [Theory]
    [InlineData("pods 2", "pods 3")]
    [InlineData("idle <n>", "idle x")]
    [InlineData("idle <n>", "idle 17 s")]
    [InlineData("a|...|d", "a|b|c")]
    [InlineData("a", "a|b")]
    [InlineData("a|b", "a")]
    [InlineData("", "error")]
    [InlineData("a", "")]
    public void APlantedDifferenceIsFound(string shown, string printed) => Assert.NotNull(Difference(shown, printed));

    private static string? Difference(string shown, string printed) =>
        PrintedText.Difference(shown.Length == 0 ? [] : shown.Split('|'), printed.Replace('|', '\n'));
}
