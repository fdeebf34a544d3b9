using KubeProxy.Stress.Churn;
using KubeProxy.Stress.Commands;
using KubeProxy.Stress.Flood;
using KubeProxy.Stress.Measuring;
using KubeProxy.Stress.Packets;
using KubeProxy.Testbed.Hosts;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>The long runs of <c>./build.sh stress</c> for some seconds each, under the same gates. Each has a VPP of its own.</summary>
public sealed class StressStories
{
    private const int Seed = 1;

    [Theory]
    [Trait("Check", "REL-02")]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void VppLivesThroughSpoiltPacketsAndServesOthersAsBefore(int workers, bool isCut)
    {
        SkipUnlessAvailable(new VppOptions { Workers = workers });
        AssertPassed(PacketStress.Run(new PacketPlan(isCut ? 20_000 : 200_000, workers, isCut, Seed) { Distinct = 10_000, Replays = 5 }));
    }

    [Fact]
    [Trait("Check", "REL-13")]
    public void ARefusedLineChangesNothingNamesItsWordAndLeavesNothingBehind()
    {
        SkipUnlessAvailable(new VppOptions());
        AssertPassed(CommandStress.Run(new CommandPlan(Lines: 1500, Workers: 0, Seed) { Repeats = 6 }));
    }

    [Theory]
    [Trait("Check", "LIF-18")]
    [InlineData(0)]
    [InlineData(1)]
    public void GarbageFromEightConsolesAtOnceChangesNothingAndStopsNobody(int workers)
    {
        SkipUnlessAvailable(new VppOptions { Workers = workers });
        AssertPassed(ConsoleStress.Run(new ConsolePlan(TimeSpan.FromSeconds(4), workers, Seed)));
    }

    [Theory]
    [Trait("Check", "LIF-01")]
    [Trait("Check", "LIF-02")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void WhilePodsComeAndGoNoPacketReachesOneThatIsGone(int workers)
    {
        SkipUnlessAvailable(new VppOptions { Workers = workers });
        AssertPassed(ChurnStress.Run(new ChurnPlan(TimeSpan.FromSeconds(2), workers, Seed) { PacketsPerSecond = 30_000 }));
    }

    [Theory]
    [Trait("Check", "REL-15")]
    [InlineData(0)]
    [InlineData(1)]
    public void ConnectionsKeepTheirPodsAmidAFloodOfNewFlows(int workers)
    {
        SkipUnlessAvailable(new VppOptions { Workers = workers });
        AssertPassed(FloodStress.Run(new FloodPlan(TimeSpan.FromSeconds(3), workers, Seed) { Buckets = 1024, FloodFlows = 50_000, EstablishedFlows = 500 }));
    }

    [Fact]
    [Trait("Check", "RT-05")]
    public void AWorkerStandsAMomentOnlyWhileGarbageIsCollected()
    {
        SkipUnlessAvailable(new VppOptions { Workers = 1 });
        AssertPassed(CollectionStress.Run(new CollectionPlan(TimeSpan.FromSeconds(3), Workers: 1) { Flows = 10_000 }));
    }

    private static void AssertPassed(Report report) => Assert.True(report.IsPassed, report.ToString());

    private static void SkipUnlessAvailable(VppOptions options)
    {
        string? missing = VppHost.Missing(options);
        Assert.SkipWhen(missing is not null, missing ?? "");
    }
}
