using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>The life of a pod slot: active, removed, revived, dead, free (invariant SES-2).</summary>
public sealed unsafe class PodLifeTests : IDisposable
{
    private const string Add = "ku pod 90.0.0.0/8 10.0.0.1";
    private const string Remove = "ku pod 90.0.0.0/8 10.0.0.1 del";
    private readonly CatalogFixture _fixture = new(podSlots: 4);

    public PodLifeTests() => _fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp", Add);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    [Trait("Defect", "D15")]
    public void ARemovedPodWithoutSessionsIsForgottenAtOnce()
    {
        _fixture.Run(Remove);
        Assert.Equal(0, _fixture.Catalog.UsedPodSlotCount);
        Assert.Empty(_fixture.Plane.FollowedPods);
        Assert.Equal(default, new ReadOnlySpan<PodRecord>(&_fixture.Plane.Pods[1], 1)[0]);
        Assert.Equal("no pod 10.0.0.1 in protocol tcp port 80 of VIP 90.0.0.0/8", _fixture.Fail(Remove));
    }

    [Fact]
    [Trait("Defect", "D15")]
    public void ARemovedPodDrainsWithItsRecordAndRouteUntilItsLastSessionEnds()
    {
        _fixture.Plane.SessionCounts[1] = 2;
        _fixture.Run(Remove);
        Assert.Empty(SnapshotReader.PodSlots(_fixture.Plane.Published));
        Assert.Equal(PodState.Removed, _fixture.Plane.Pods[1].State);
        RecordReader.AssertSays(&_fixture.Plane.Pods[1], _fixture.Catalog.FindPod(1)!);
        Assert.Equal(FakeDataPlane.FakeTarget | 1, _fixture.Plane.Pods[1].ForwardTarget);
        Assert.Equal("pod 10.0.0.1 was removed from protocol tcp port 80 of VIP 90.0.0.0/8 already; it is draining", _fixture.Fail(Remove));
        _fixture.Plane.SessionCounts.Clear();
        _fixture.Catalog.Maintain();
        Assert.Equal(PodState.Free, _fixture.Plane.Pods[1].State);
        Assert.Empty(_fixture.Plane.FollowedPods);
        Assert.Empty(_fixture.Service("90.0.0.0/8", IpProtocol.Tcp, 80).Pods);
    }

    [Fact]
    public void AddingADrainingPodAgainRevivesItInItsSlotWithItsCounters()
    {
        _fixture.Plane.SessionCounts[1] = 2;
        _fixture.Plane.PodCounters[1] = new(5, 500);
        _fixture.RunAll(Remove, Add);
        Assert.Equal(PodState.Active, _fixture.Plane.Pods[1].State);
        Assert.Equal([1u], SnapshotReader.PodSlots(_fixture.Plane.Published));
        Assert.Equal(5ul, _fixture.Plane.ReadPodCounter(1).Packets);
        _fixture.Plane.SessionCounts.Clear();
        _fixture.Catalog.Maintain();
        Assert.Equal(PodState.Active, _fixture.Plane.Pods[1].State);
        _fixture.Run(Remove);
        Assert.Equal(0, _fixture.Catalog.UsedPodSlotCount);
    }

    [Fact]
    public void ASlotIsNotReusedWhileAWorkerCanSeeASnapshotThatNamesIt()
    {
        _fixture.Plane.HoldsRetired = true;
        _fixture.RunAll(Remove, "ku pod 90.0.0.0/8 10.0.0.2");
        Assert.Equal(PodState.Removed, _fixture.Plane.Pods[1].State);
        Assert.Equal(2u, _fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 80, "10.0.0.2").Slot);
        _fixture.Plane.PassQuiescentPoint();
        _fixture.Catalog.Maintain();
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.3");
        Assert.Equal(1u, _fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 80, "10.0.0.3").Slot);
    }

    [Fact]
    public void WhenSlotsAreShortTheSessionsAreSweptAndOnlyThenPodsRefused()
    {
        _fixture.Plane.SessionCounts[1] = 1;
        _fixture.RunAll(Remove, "ku pod 90.0.0.0/8 10.0.0.2 10.0.0.3");
        Assert.Equal(0, _fixture.Plane.SweepCount);
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.4");
        Assert.Equal(1, _fixture.Plane.SweepCount);
        Assert.Equal(1u, _fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 80, "10.0.0.4").Slot);
        Assert.Equal("no room for 2 more pods: 3 of 3 pod slots are in use", _fixture.Fail("ku pod 90.0.0.0/8 10.0.0.5 10.0.0.6"));
    }

    [Fact]
    public void ADrainingPodOfADeletedServiceIsDead()
    {
        _fixture.Plane.SessionCounts[1] = 1;
        _fixture.RunAll(Remove, "ku vip 90.0.0.0/8 del");
        Assert.Equal(PodState.Dead, _fixture.Plane.Pods[1].State);
        Assert.Empty(_fixture.Plane.FollowedPods);
        _fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp", Add);
        Assert.Equal(2u, _fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 80, "10.0.0.1").Slot);
    }

    [Fact]
    public void ARouteThatCannotBeLetGoKeepsItsSlotUntilItCan()
    {
        _fixture.Plane.UnfollowFails = true;
        _fixture.Run("ku vip 90.0.0.0/8 del");
        Assert.Equal(PodState.Dead, _fixture.Plane.Pods[1].State);
        Assert.Equal(1, _fixture.Catalog.UsedPodSlotCount);
        _fixture.Plane.UnfollowFails = false;
        _fixture.Catalog.Maintain();
        Assert.Equal(0, _fixture.Catalog.UsedPodSlotCount);
    }

    [Fact]
    public void AFailedAddWhoseRouteCannotBeLetGoKeepsItsSlotToo()
    {
        _fixture.Plane.UnfollowFails = true;
        _fixture.Plane.FailAfter = CallsOfAdd();
        Assert.Throws<KubeProxy.Core.Services.CommandException>(() => _fixture.Run("ku pod 90.0.0.0/8 10.0.0.2"));
        Assert.Equal(PodState.Dead, _fixture.Plane.Pods[2].State);
        _fixture.Plane.UnfollowFails = false;
        _fixture.Run("ku pod 90.0.0.0/8 10.0.0.2");
        Assert.Equal(3u, _fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 80, "10.0.0.2").Slot);
        Assert.Equal(PodState.Free, _fixture.Plane.Pods[2].State);
    }

    // Service entry, VIP entry, counters, clear, follow, page, root, publish: the publication is the eighth.
    private static int CallsOfAdd() => 8;
}
