using KubeProxy.Stress.Measuring;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>The judges of the long runs: what grows is seen, what only moves is not, and a run without a gate has shown nothing.</summary>
public sealed class StressGateTests
{
    private const int Count = 60;

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.2, true)]
    [InlineData(5, true)]
    [InlineData(-1, false)]
    public void GrowthIsSeenThroughNoise(double aSample, bool isGrowing)
    {
        Random random = new(7);
        (double, double)[] series = [.. Enumerable.Range(0, Count).Select(i => ((double)i, 1000 + (aSample * i) + (random.NextDouble() * 5)))];
        TheilSen slope = TheilSen.Of(series);
        Assert.Equal(isGrowing, slope.IsGrowing);
        Assert.InRange(aSample, slope.Low, slope.High);
    }

    [Fact]
    public void OneJumpIsNoGrowth() =>
        Assert.False(TheilSen.Of([.. Enumerable.Range(0, Count).Select(i => ((double)i, i < Count / 4 ? 1000.0 : 5000.0 - (i % 3)))]).IsGrowing);

    [Fact]
    public void ARunWithoutAGateOrWithAFailedOneHasNotPassed()
    {
        Report report = new("a run");
        Assert.False(report.IsPassed);
        report.Demand("one", isPassed: true, "");
        Assert.True(report.IsPassed);
        report.Demand("another", isPassed: false, "");
        Assert.False(report.IsPassed);
    }
}
