using KubeProxy.Host.Border;
using Xunit;

namespace KubeProxy.Host.Tests.Cli;

public sealed class HostOptionsTests
{
    [Fact]
    public void PluginAndSocketAreNeeded()
    {
        Assert.Equal(new HostOptions("/a.so", "/s", null), HostOptions.Parse(["--plugin", "/a.so", "--socket", "/s"]));
        Assert.Equal(new HostOptions("/a.so", "/s", "/p"), HostOptions.Parse(["--pidfile", "/p", "--socket", "/s", "--plugin", "/a.so"]));
    }

    [Theory]
    [InlineData("--plugin /a.so")]
    [InlineData("--socket /s")]
    [InlineData("--plugin /a.so --socket")]
    [InlineData("--plugin /a.so --socket /s --socket /t")]
    [InlineData("--plugin /a.so --socket /s --verbose yes")]
    [InlineData("")]
    public void AnythingElseIsRefused(string line) => Assert.Null(HostOptions.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Theory]
    [InlineData("26.06")]
    [InlineData("26")]
    [InlineData("")]
    public void APluginMayAskForTheBeginningOfTheVersion(string required) => PluginLoader.CheckVersion("x.so", required);

    [Theory]
    [InlineData("26.10")]
    [InlineData("25.06")]
    [InlineData("26.06.1")]
    public void APluginForAnotherVersionIsRefused(string required) =>
        Assert.Throws<InvalidOperationException>(() => PluginLoader.CheckVersion("x.so", required));
}
