using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

public unsafe class ServiceChangesTests
{
    [Fact]
    public void AVipIsInstalledWithItsFirstServiceAndRemovedWithItsLast()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp", "ku vip 90.0.0.0/8 port 81 protocol tcp");
        Assert.Equal([IPNetwork.Parse("90.0.0.0/8")], fixture.Plane.InstalledVips.Values.Select(vip => vip.Prefix));
        fixture.Run("ku vip 90.0.0.0/8 port 80 del");
        Assert.Single(fixture.Plane.InstalledVips);
        fixture.Run("ku vip 90.0.0.0/8 port 81 del");
        Assert.Empty(fixture.Plane.InstalledVips);
        Assert.Equal("no VIP 90.0.0.0/8", fixture.Fail("ku vip 90.0.0.0/8 del"));
    }

    [Fact]
    public void AServiceThatIsThereCannotBeAddedAgain()
    {
        using var fixture = new CatalogFixture();
        fixture.Run("ku vip 90.0.0.0/8 port 80 protocol udp");
        Assert.Equal("service protocol udp port 80 of VIP 90.0.0.0/8 is there already", fixture.Fail("ku vip 90.0.0.0/8 port 80"));
        Assert.Null(fixture.Vip("90.0.0.0/8").Find(new ServiceKey(IpProtocol.Tcp, 80)));
    }

    [Theory]
    [Trait("Defect", "D20")]
    [Trait("Defect", "A-9")]
    [InlineData("90.0.0.0/8", "nat4")]
    [InlineData("2003::/16", "nat6")]
    public void WithoutAWordForItAVipKeepsItsFamily(string prefix, string nat)
    {
        using var fixture = new CatalogFixture();
        fixture.Run($"ku vip {prefix} port 80");
        Assert.Contains($" {nat} ", fixture.Run("show ku vip verbose"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Defect", "D2")]
    [Trait("Defect", "A-3")]
    public void TargetPortIsThePortUnlessItIsGiven()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80", "ku vip 91.0.0.0/8 port 80 target_port 8080", "ku vip 92.0.0.0/8");
        Assert.Equal(80, fixture.Service("90.0.0.0/8", IpProtocol.Tcp, 80).TargetPort);
        Assert.Equal(8080, fixture.Service("91.0.0.0/8", IpProtocol.Tcp, 80).TargetPort);
        Assert.Equal(0, fixture.Service("92.0.0.0/8", IpProtocol.Any, 0).TargetPort);
        Assert.Equal("target_port 8080 needs a port: a service without a port keeps the packet's port", fixture.Fail("ku vip 93.0.0.0/8 target_port 8080"));
    }

    [Fact]
    public void DeletingWithOtherOptionsThanTheServiceHasIsRefused()
    {
        using var fixture = new CatalogFixture();
        fixture.Run("ku vip 90.0.0.0/8 port 80 protocol tcp target_port 81 new_len 64");
        const string Has = ": service protocol tcp port 80 of VIP 90.0.0.0/8 has ";
        Assert.Equal("target_port 82 does not match" + Has + "target_port 81", fixture.Fail("ku vip 90.0.0.0/8 port 80 target_port 82 del"));
        Assert.Equal("new_len 128 does not match" + Has + "new_len 64", fixture.Fail("ku vip 90.0.0.0/8 port 80 new_len 128 del"));
        fixture.Run("ku vip 90.0.0.0/8 port 80 target_port 81 nat4 new_len 64 del");
        Assert.Equal(0, fixture.Catalog.ServiceCount);
    }

    [Fact]
    public void DeletingAServiceKillsItsPodsAtOnceAndForgetsThem()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp", "ku pod 90.0.0.0/8 10.0.0.1");
        uint slot = fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 80, "10.0.0.1").Slot;
        fixture.Plane.SessionCounts[slot] = 3;
        fixture.Run("ku vip 90.0.0.0/8 port 80 del");
        Assert.Equal(PodState.Dead, fixture.Plane.Pods[slot].State);
        Assert.Empty(fixture.Plane.FollowedPods);
        Assert.NotNull(fixture.Catalog.FindPod(slot));
        fixture.Plane.SessionCounts.Clear();
        fixture.Catalog.Maintain();
        Assert.Equal(PodState.Free, fixture.Plane.Pods[slot].State);
        Assert.Null(fixture.Catalog.FindPod(slot));
    }

    [Fact]
    public void ANewServiceStartsWithCountersAtZero()
    {
        using var fixture = new CatalogFixture();
        fixture.Run("ku vip 90.0.0.0/8 port 80 protocol tcp");
        uint index = fixture.Service("90.0.0.0/8", IpProtocol.Tcp, 80).Index;
        fixture.Plane.ServiceCounters[(ServiceCounter.NoPod, index)] = 7;
        fixture.RunAll("ku vip 90.0.0.0/8 del", "ku vip 90.0.0.0/8 port 80 protocol tcp");
        Assert.Equal(index, fixture.Service("90.0.0.0/8", IpProtocol.Tcp, 80).Index);
        Assert.Equal(0ul, fixture.Plane.ReadServiceCounter(ServiceCounter.NoPod, index));
    }

    [Fact]
    public void NumbersOfDeletedServicesAreNotReusedWhileAWorkerCanMeetThem()
    {
        using var fixture = new CatalogFixture();
        fixture.Run("ku vip 90.0.0.0/8 port 80 protocol tcp");
        fixture.Plane.HoldsRetired = true;
        fixture.RunAll("ku vip 90.0.0.0/8 del", "ku vip 91.0.0.0/8 port 80 protocol tcp");
        Assert.Equal((1u, 1u), (fixture.Vip("91.0.0.0/8").Slot, fixture.Service("91.0.0.0/8", IpProtocol.Tcp, 80).Index));
        fixture.Plane.PassQuiescentPoint();
        fixture.Run("ku vip 92.0.0.0/8 port 80 protocol tcp");
        Assert.Equal((0u, 0u), (fixture.Vip("92.0.0.0/8").Slot, fixture.Service("92.0.0.0/8", IpProtocol.Tcp, 80).Index));
    }

    [Fact]
    public void TheStatedLimitsAreRefusedWithTheirNumber()
    {
        using var fixture = new CatalogFixture(vips: 2, services: 3);
        fixture.RunAll("ku vip 90.0.0.0/8 port 80", "ku vip 91.0.0.0/8");
        Assert.Equal("no room for another VIP: the limit is 2 VIPs", fixture.Fail("ku vip 92.0.0.0/8"));
        Assert.Equal("no room for service protocol tcp port 81 of VIP 91.0.0.0/8: the limit is 3 services", fixture.Fail("ku vip 91.0.0.0/8 port 81"));
        fixture.Run("ku vip 91.0.0.0/8 del");
        fixture.Run("ku vip 92.0.0.0/8");
    }

    [Theory]
    [InlineData("0.0.0.0/0", "VIP 0.0.0.0/0 is the default route: it cannot be a service")]
    [InlineData("::/0", "VIP ::/0 is the default route: it cannot be a service")]
    [InlineData("127.0.0.1/32", "VIP 127.0.0.1/32 overlaps 127.0.0.0/8 (loopback): it cannot be a service")]
    [InlineData("224.0.0.1", "VIP 224.0.0.1/32 overlaps 224.0.0.0/4 (multicast): it cannot be a service")]
    [InlineData("255.255.255.255", "VIP 255.255.255.255/32 overlaps 255.255.255.255/32 (broadcast): it cannot be a service")]
    [InlineData("0.0.0.0", "VIP 0.0.0.0/32 overlaps 0.0.0.0/8 (this network, unspecified): it cannot be a service")]
    [InlineData("fe80::1/128", "VIP fe80::1/128 overlaps fe80::/10 (link-local): it cannot be a service")]
    [InlineData("ff02::1", "VIP ff02::1/128 overlaps ff00::/8 (multicast): it cannot be a service")]
    [InlineData("::1", "VIP ::1/128 overlaps ::1/128 (loopback): it cannot be a service")]
    [InlineData("::ffff:1.2.3.4/120", "VIP ::ffff:1.2.3.0/120 overlaps ::ffff:0:0/96 (IPv4-mapped addresses): it cannot be a service")]
    public void AddressesThatNoClientMayUseAreRefusedAsVip(string prefix, string message)
    {
        using var fixture = new CatalogFixture();
        Assert.Equal(message, fixture.Fail($"ku vip {prefix} port 80"));
    }

    [Fact]
    public void AVipThatCoversAPodIsRefusedAlsoWhileThePodDrains()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp", "ku pod 90.0.0.0/8 10.0.0.1");
        const string Expected = "VIP 10.0.0.0/24 covers the pod 10.0.0.1: packets to the pod would come back to the VIP for ever";
        Assert.Equal(Expected, fixture.Fail("ku vip 10.0.0.0/24"));
        fixture.Plane.SessionCounts[1] = 1;
        fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 del");
        Assert.Equal(Expected, fixture.Fail("ku vip 10.0.0.0/24"));
        fixture.Run("test kube-proxy flowtable flush");
        fixture.Run("ku vip 10.0.0.0/24");
    }

    [Fact]
    public void VipsMayBeInsideEachOther()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8", "ku vip 90.1.0.0/16", "ku vip 90.1.2.3/32");
        Assert.Equal(3, fixture.Plane.InstalledVips.Count);
    }
}
