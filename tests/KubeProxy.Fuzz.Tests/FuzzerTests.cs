using KubeProxy.Fuzz.Engine;
using Xunit;

namespace KubeProxy.Fuzz.Tests;

/// <summary>The fuzzer finds faults that are there, by heeding edges; without heeding them it does not.</summary>
public sealed class FuzzerTests
{
    private const long Executions = 900_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AFaultBehindFiveBytesIsFoundByItsEdges(int seed)
    {
        using var folder = new OutputFolder();
        LoopReport report = new Supervisor(Options("planted-wrong", folder) with { Seed = seed }).Run();
        Assert.Equal(["the planted fault"], report.Findings);
        Assert.StartsWith("Fault", System.Text.Encoding.ASCII.GetString(Crasher(folder)), StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutEdgesItIsNotFound()
    {
        using var folder = new OutputFolder();
        LoopReport report = new Supervisor(Options("planted-wrong", folder) with { IsBlind = true, Executions = 300_000 }).Run();
        Assert.Empty(report.Findings);
        Assert.Equal(0, report.Added);
    }

    [Fact]
    public void AByteReadBehindAPacketEndsTheProcessAndTheInputIsKept()
    {
        using var folder = new OutputFolder();
        LoopReport report = new Supervisor(Options("planted-overread", folder)).Run();
        string finding = Assert.Single(report.Findings);
        Assert.Contains("process died", finding, StringComparison.Ordinal);
        Assert.Contains("ReadTooFar", finding, StringComparison.Ordinal);
        Assert.StartsWith("Fault", System.Text.Encoding.ASCII.GetString(Crasher(folder)), StringComparison.Ordinal);
    }

    [Fact]
    public void AnInputThatDoesNotComeBackIsKept()
    {
        using var folder = new OutputFolder();
        LoopReport report = new Supervisor(Options("planted-hang", folder) with { LongestExecution = TimeSpan.FromSeconds(4) }).Run();
        Assert.Contains("no end after 4 s", Assert.Single(report.Findings), StringComparison.Ordinal);
        Assert.StartsWith("Fault", System.Text.Encoding.ASCII.GetString(Crasher(folder)), StringComparison.Ordinal);
    }

    private static LoopOptions Options(string target, OutputFolder folder) => new()
    {
        Target = target,
        Executions = Executions,
        Time = TimeSpan.FromMinutes(3),
        MaxFindings = 1,
        Output = folder.Path,
    };

    private static byte[] Crasher(OutputFolder folder) => File.ReadAllBytes(Assert.Single(Directory.GetFiles(Path.Combine(folder.Path, "crashers"))));
}
