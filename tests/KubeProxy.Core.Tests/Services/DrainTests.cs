using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Draining: no new flows, sessions stay, and an end when one is given.</summary>
public sealed unsafe class DrainTests : IDisposable
{
    private readonly CatalogFixture _fixture = new(podSlots: 16);

    public DrainTests()
    {
        _fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp", "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2 weight 5");
        _fixture.Plane.SessionCounts[1] = 3;
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void APodThatDrainsLeavesTheTableAndStaysActiveForItsSessions()
    {
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 drain");
        Assert.Equal([2u], SnapshotReader.PodSlots(_fixture.Plane.Published));
        Assert.Equal(PodState.Active, _fixture.Plane.Pods[1].State);
        _fixture.Plane.SessionCounts.Clear();
        Pass(1_000_000);
        Assert.Equal(PodState.Active, _fixture.Plane.Pods[1].State);
        Assert.Contains("1 active, 1 draining", _fixture.Run("show ku"), StringComparison.Ordinal);
    }

    /// <summary>Maintenance runs every second for as long as the router does.</summary>
    [Fact]
    [Trait("Defect", "D24")]
    [Trait("Defect", "A-19")]
    public void MaintenanceAllocatesNothingWhileNoTimeHasPassed()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1 drain 30", "ku pod 90.0.0.0/8 10.0.0.2 del drain 60");
        _fixture.Catalog.Maintain();
        long byThePlane = NoAllocationTests.AllocatedBy(() =>
        {
            using IDisposable once = _fixture.Plane.StopWorkersOnce();
            _fixture.Plane.ReleaseTables();
        });
        Assert.Equal(byThePlane, NoAllocationTests.AllocatedBy(_fixture.Catalog.Maintain));
    }

    [Fact]
    public void WhenItsTimeHasPassedItIsTakenOutWithTheSessionsThatAreLeft()
    {
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 drain 30");
        Pass(29.9);
        Assert.Equal(PodState.Active, _fixture.Plane.Pods[1].State);
        Pass(0.1);
        Assert.Equal(PodState.Dead, _fixture.Plane.Pods[1].State);
        Assert.DoesNotContain(1u, _fixture.Plane.FollowedPods.Keys);
        Assert.Null(Find("10.0.0.1"));
        Assert.Equal("no pod 10.0.0.1 in protocol tcp port 80 of VIP 90.0.0.0/8", _fixture.Fail("ku pod 90.0.0.0/8 10.0.0.1 del"));
        _fixture.Plane.SessionCounts.Clear();
        _fixture.Catalog.Maintain();
        Assert.Equal(1, _fixture.Catalog.UsedPodSlotCount);
    }

    [Fact]
    public void ItsAddressMayServeAgainInAnotherSlotBeforeItsSessionsAreForgotten()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1 drain 0", "ku pod 90.0.0.0/8 10.0.0.1");
        Assert.Equal(PodState.Dead, _fixture.Plane.Pods[1].State);
        Assert.Equal(3u, Find("10.0.0.1")!.Slot);
        Assert.Equal(1u, Find("10.0.0.1")!.Weight);
    }

    [Theory]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1", 5)]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 weight 9", 9)]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 weight 0", 0)]
    public void NamingThePodAgainEndsTheDraining(string line, uint weight)
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1 drain 30", line);
        Pass(100);
        Assert.Equal(PodState.Active, _fixture.Plane.Pods[1].State);
        Assert.Equal(weight, Find("10.0.0.1")!.Weight);
        Assert.Equal(weight > 0, SnapshotReader.PodSlots(_fixture.Plane.Published).Contains(1));
        Assert.Contains("2 active, 0 draining", _fixture.Run("show ku"), StringComparison.Ordinal);
    }

    [Fact]
    public void DrainingAgainGivesAnotherEndOrNone()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1 drain 30", "ku pod 90.0.0.0/8 10.0.0.1 drain 300");
        Pass(100);
        Assert.NotNull(Find("10.0.0.1"));
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 drain");
        Pass(1000);
        Assert.NotNull(Find("10.0.0.1"));
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 drain 1");
        Pass(1);
        Assert.Null(Find("10.0.0.1"));
    }

    [Fact]
    public void ARemovedPodMayHaveAnEndToo()
    {
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 del drain 30");
        Assert.Equal(PodState.Removed, _fixture.Plane.Pods[1].State);
        Pass(30);
        Assert.Equal(PodState.Dead, _fixture.Plane.Pods[1].State);
        Assert.Null(Find("10.0.0.1"));
    }

    [Fact]
    public void APodThatWasRemovedBeforeMayBeGivenAnEndLater()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1 del", "ku pod 90.0.0.0/8 10.0.0.1 del drain 5");
        Assert.Equal(
            "pod 10.0.0.1 was removed from protocol tcp port 80 of VIP 90.0.0.0/8 already; it is draining",
            _fixture.Fail("ku pod 90.0.0.0/8 10.0.0.1 drain 5"));
        Pass(5);
        Assert.Equal(PodState.Dead, _fixture.Plane.Pods[1].State);
    }

    [Fact]
    public void RemovingAPodThatDrainsKeepsItsEnd()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1 drain 30", "ku pod 90.0.0.0/8 10.0.0.1 del");
        Assert.Equal(PodState.Removed, _fixture.Plane.Pods[1].State);
        Pass(30);
        Assert.Equal(PodState.Dead, _fixture.Plane.Pods[1].State);
    }

    [Fact]
    public void APodWhoseLastSessionEndsBeforeItsTimeIsForgottenAndItsSlotsNextPodLives()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1 del drain 30");
        _fixture.Plane.SessionCounts.Clear();
        _fixture.RunAll("show ku", "ku pod 90.0.0.0/8 10.0.0.3");
        Assert.Equal(1u, Find("10.0.0.3")!.Slot);
        Pass(1000);
        Assert.Equal(PodState.Active, _fixture.Plane.Pods[1].State);
    }

    [Fact]
    public void ADeletedServicesDrainEndsWithIt()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1 drain 30", "ku vip 90.0.0.0/8 del");
        Pass(1000);
        Assert.Equal(1, _fixture.Catalog.UsedPodSlotCount);
        _fixture.Plane.SessionCounts.Clear();
        _fixture.Catalog.Maintain();
        Assert.Equal(0, _fixture.Catalog.UsedPodSlotCount);
    }

    [Fact]
    public void AllPodsWhoseTimePassesAtOnceAreTakenOutInOneStop()
    {
        _fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.3 10.0.0.4", "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.3 10.0.0.4 drain 30");
        int before = _fixture.Plane.StopCount;
        Pass(30);
        Assert.Equal(1, _fixture.Plane.StopCount - before);
        Assert.Equal([2u], _fixture.Plane.FollowedPods.Keys);
    }

    [Fact]
    public void OneProtocolOfAPortDrainsAlone()
    {
        _fixture.RunAll("ku vip 91.0.0.0/8 port 53", "ku pod 91.0.0.0/8 10.0.0.1", "ku pod 91.0.0.0/8 protocol udp 10.0.0.1 drain");
        Assert.True(_fixture.Pod("91.0.0.0/8", IpProtocol.Udp, 53, "10.0.0.1").IsDraining);
        Assert.False(_fixture.Pod("91.0.0.0/8", IpProtocol.Tcp, 53, "10.0.0.1").IsDraining);
    }

    private Pod? Find(string address) => _fixture.Service("90.0.0.0/8", IpProtocol.Tcp, 80).Find(System.Net.IPAddress.Parse(address));

    private void Pass(double seconds)
    {
        _fixture.Plane.Now += TimeSpan.FromSeconds(seconds);
        _fixture.Catalog.Maintain();
    }
}
