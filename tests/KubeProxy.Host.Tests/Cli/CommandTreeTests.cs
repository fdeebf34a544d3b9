using System.Text;
using KubeProxy.Host.Cli;
using Xunit;

namespace KubeProxy.Host.Tests.Cli;

public sealed class CommandTreeTests
{
    private readonly CommandTree _tree = new();

    public CommandTreeTests()
    {
        foreach (string path in (string[])["kube-proxy vip", "kube-proxy pod", "show kube-proxy", "show kube-proxy vip", "show kube-proxy vips", "show version"])
            Add(path, rest => rest);
    }

    private void Add(string path, Func<string, string> run) => Assert.True(_tree.TryRegister(new CliCommand(path, $"help of {path}", (rest, output) =>
    {
        output.Append(path).Append('|').Append(run(rest)).Append('\n');
        return "";
    })));

    private string Run(string line)
    {
        StringBuilder output = new();
        _tree.Run(line, output);
        return output.ToString();
    }

    [Theory]
    [InlineData("kube-proxy vip 1.2.3.4", "kube-proxy vip|1.2.3.4\n")]
    [InlineData("ku v 1.2.3.4", "kube-proxy vip|1.2.3.4\n")]
    [InlineData("  ku   pod  a  b ", "kube-proxy pod|a  b\n")]
    [InlineData("sh ver", "show version|\n")]
    public void AWordMayBeShortenedAsLongAsItIsUnique(string line, string expected) => Assert.Equal(expected, Run(line));

    [Fact]
    public void AWholeWordWinsOverLongerOnes()
    {
        Assert.Equal("show kube-proxy vip|x\n", Run("show ku vip x"));
        Assert.Equal("show kube-proxy vips|x\n", Run("show ku vips x"));
    }

    [Fact]
    public void AnAmbiguousWordFallsBackToTheParentsCommand() => Assert.Equal("show kube-proxy|vi x\n", Run("show ku vi x"));

    [Fact]
    public void ACommandWithSubCommandsRunsWithoutThem() => Assert.Equal("show kube-proxy|\n", Run("show ku"));

    [Theory]
    [InlineData("bogus", "unknown input `bogus'\n")]
    [InlineData("ku bogus 1", "kube-proxy: unknown input `bogus 1'\n")]
    [InlineData("show", "show: unknown input `'\n")]
    [InlineData("ku 123456789012345678901234567890X", "kube-proxy: unknown input `123456789012345678901234567890...'\n")]
    public void AnUnknownWordIsNamed(string line, string expected) => Assert.Equal(expected, Run(line));

    [Fact]
    public void AnErrorCarriesThePathOfItsCommand()
    {
        Add("fail", _ => throw new CliException("because"));
        Assert.Equal("fail|fail: because\n", Run("fail").Replace("fail|fail|", "fail|", StringComparison.Ordinal));
    }

    [Fact]
    public void WhatACommandDoesNotReadIsTheNextCommand()
    {
        _tree.TryRegister(new CliCommand("first", "", (_, output) =>
        {
            output.Append("one ");
            return "show version";
        }));
        Assert.Equal("one show version|\n", Run("first something"));
    }

    [Fact]
    public void APathHasOneCommand() => Assert.False(_tree.TryRegister(new CliCommand("show version", "", (_, _) => "")));

    [Fact]
    public void AnEmptyLineDoesNothing() => Assert.Equal("", Run("   "));

    [Fact]
    public void HelpListsTheNextWords()
    {
        string help = Run("help show");
        Assert.Contains("version", help, StringComparison.Ordinal);
        Assert.Contains("help of show kube-proxy", help, StringComparison.Ordinal);
    }
}
