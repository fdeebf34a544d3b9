using System.Net;
using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>A translated packet never comes back to a VIP: refused whichever of pod and VIP comes first (invariant CFG-5).</summary>
public sealed class LoopTests : IDisposable
{
    private readonly CatalogFixture _fixture = new();

    public LoopTests() => _fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp", "ku vip 2003::/16");

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("ku vip 10.9.0.0/16", "VIP 10.9.0.0/16 covers the pod 10.9.0.1: packets to the pod would come back to the VIP for ever")]
    [InlineData("ku vip 10.9.0.1", "VIP 10.9.0.1/32 covers the pod 10.9.0.1: packets to the pod would come back to the VIP for ever")]
    [InlineData("ku vip 2009::/32 port 53", "VIP 2009::/32 covers the pod 2009::1: packets to the pod would come back to the VIP for ever")]
    [InlineData("ku vip 10.1.0.0/16", "VIP 10.1.0.0/16 covers 10.1.0.254, through which pod 10.9.0.1 is reached: packets to the pod would come back to the VIP for ever")]
    [InlineData("ku vip 10.1.0.254 port 80", "VIP 10.1.0.254/32 covers 10.1.0.254, through which pod 10.9.0.1 is reached: packets to the pod would come back to the VIP for ever")]
    [InlineData("ku vip 2001::/64", "VIP 2001::/64 covers 2001::fe, through which pod 2009::1 is reached: packets to the pod would come back to the VIP for ever")]
    public void AVipOverAPodOrItsNextHopIsRefusedWithoutStoppingAnybody(string line, string message)
    {
        Via("10.9.0.1", "10.1.0.254");
        Via("2009::1", "2001::fe");
        _fixture.RunAll("ku pod 90.0.0.0/8 10.9.0.1", "ku pod 2003::/16 2009::1");
        int before = _fixture.Plane.StopCount;
        Assert.Equal(message, _fixture.Fail(line));
        Assert.Equal(before, _fixture.Plane.StopCount);
    }

    [Theory]
    [Trait("Defect", "A-24")]
    [InlineData("ku pod 90.0.0.0/8 10.9.0.1", "pod 10.9.0.1 is reached through 10.1.0.254, which is inside VIP 10.1.0.0/16: its packets would come back to the VIP for ever")]
    [InlineData("ku pod 90.0.0.0/8 10.8.0.1 10.9.0.2", "pod 10.9.0.2 is reached through 10.1.0.253, which is inside VIP 10.1.0.0/16: its packets would come back to the VIP for ever")]
    [InlineData("ku pod 2003::/16 2009::1", "pod 2009::1 is reached through 2001::fe, which is inside VIP 2001::/64: its packets would come back to the VIP for ever")]
    [InlineData("ku pod 90.0.0.0/8 10.1.0.7", "pod 10.1.0.7 is inside VIP 10.1.0.0/16: its packets would come back to the VIP for ever")]
    [InlineData("ku pod 2003::/16 2001::7", "pod 2001::7 is inside VIP 2001::/64: its packets would come back to the VIP for ever")]
    public void APodInsideAVipOrBehindOneIsRefused(string line, string message)
    {
        _fixture.RunAll("ku vip 10.1.0.0/16", "ku vip 2001::/64");
        Via("10.9.0.1", "10.1.0.254");
        Via("10.9.0.2", "10.7.0.1", "10.1.0.253");
        Via("2009::1", "2001::fe");
        Assert.Equal(message, _fixture.Fail(line));
    }

    [Fact]
    public void ARouteToAPodThatLeadsToAVipIsRefusedInBothOrders()
    {
        uint vip = _fixture.Vip("90.0.0.0/8").Slot;
        _fixture.Plane.Paths[IPAddress.Parse("10.9.0.1")] = new PodPath(vip, []);
        Assert.Equal(
            "the route to pod 10.9.0.1 leads to VIP 90.0.0.0/8: its packets would come back to the VIP for ever",
            _fixture.Fail("ku pod 90.0.0.0/8 10.9.0.1"));

        _fixture.RunAll("ku vip 91.0.0.0/8", "ku vip 91.0.0.0/8 del", "ku pod 90.0.0.0/8 10.9.0.2");
        _fixture.Plane.Paths[IPAddress.Parse("10.9.0.2")] = new PodPath(vip + 2, []);
        Assert.Equal(
            "the route to pod 10.9.0.2 would lead to VIP 92.0.0.0/8: packets to the pod would come back to the VIP for ever",
            _fixture.Fail("ku vip 92.0.0.0/8"));
    }

    [Fact]
    public void ARouteThatChangedAfterwardsIsNoReasonToRefuseAnotherVip()
    {
        _fixture.Run("ku pod 90.0.0.0/8 10.9.0.2");
        _fixture.Plane.Paths[IPAddress.Parse("10.9.0.2")] = new PodPath(_fixture.Vip("90.0.0.0/8").Slot, []);
        _fixture.Run("ku vip 92.0.0.0/8");
    }

    [Fact]
    public void ADrainingPodCountsUntilItIsGone()
    {
        Via("10.9.0.1", "10.1.0.254");
        _fixture.Run("ku pod 90.0.0.0/8 10.9.0.1");
        _fixture.Plane.SessionCounts[1] = 1;
        _fixture.Run("ku pod 90.0.0.0/8 10.9.0.1 del");
        _fixture.Fail("ku vip 10.1.0.0/16");
        _fixture.Plane.SessionCounts.Clear();
        _fixture.Catalog.Maintain();
        _fixture.Run("ku vip 10.1.0.0/16");
    }

    private void Via(string pod, params string[] nextHops) =>
        _fixture.Plane.Paths[IPAddress.Parse(pod)] = new PodPath(null, [.. nextHops.Select(IPAddress.Parse)]);
}
