using System.Globalization;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

public unsafe class PodChangesTests
{
    [Theory]
    [InlineData("90.0.0.0/8 port 3306 target_port 3307 protocol tcp", "90.0.0.0/8 10.0.0.1", "10.0.0.1")]
    [InlineData("2003::/16 port 53 protocol udp", "2003::/16 2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6")]
    [InlineData("2003::/16", "2003::/16 2001::2", "2001::2")]
    public void TheRecordSaysAllAboutThePod(string vip, string pod, string address)
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip " + vip, "ku pod " + pod);
        KubeProxy.Core.Services.Pod added = fixture.Catalog.FindPod(1)!;
        Assert.Equal(address, added.Address.ToString());
        RecordReader.AssertSays(&fixture.Plane.Pods[1], added);
    }

    [Fact]
    public void ThePodsOfAServiceShareItsTable()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp new_len 64", "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2", "ku pod 90.0.0.0/8 10.0.0.3");
        ServiceEntry* entry = VipEntry.Find(fixture.Native("90.0.0.0/8"), IpProtocol.Tcp, Be16.FromHost(80).Wire);
        Assert.Equal(3u, entry->PodCount);
        Assert.Equal(63u, entry->TableMask);
        Assert.Equal([1u, 2u, 3u], SnapshotReader.PodSlots(fixture.Plane.Published).Order());
        fixture.Run("ku pod 90.0.0.0/8 10.0.0.2 del");
        Assert.Equal([1u, 3u], SnapshotReader.PodSlots(fixture.Plane.Published).Order());
    }

    [Fact]
    public void OnePodMayServeManyServicesAndHasASlotInEach()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80", "ku vip 91.0.0.0/8 port 80 protocol tcp");
        fixture.RunAll("ku pod 90.0.0.0/8 10.0.0.1", "ku pod 91.0.0.0/8 10.0.0.1");
        Assert.Equal(3, fixture.Plane.FollowedPods.Count);
        fixture.Run("ku vip 90.0.0.0/8 del");
        Assert.Single(fixture.Plane.FollowedPods);
        Assert.NotNull(fixture.Pod("91.0.0.0/8", IpProtocol.Tcp, 80, "10.0.0.1"));
    }

    [Fact]
    public void APodThatServesOnlyOneProtocolOfAPortIsRemovedFromThatOne()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 53", "ku pod 90.0.0.0/8 protocol udp 10.0.0.1", "ku pod 90.0.0.0/8 10.0.0.2");
        Assert.Contains("already serves protocol udp port 53", fixture.Fail("ku pod 90.0.0.0/8 10.0.0.3 10.0.0.1"), StringComparison.Ordinal);
        fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 del");
        Assert.Equal("no pod 10.0.0.1 in protocol tcp port 53 of VIP 90.0.0.0/8", fixture.Fail("ku pod 90.0.0.0/8 10.0.0.1 del"));
        Assert.NotNull(fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 53, "10.0.0.2"));
    }

    [Theory]
    [InlineData("ku pod 91.0.0.0/8 10.0.0.1", "no VIP 91.0.0.0/8")]
    [InlineData("ku pod 90.0.0.0/8", "no pod address after VIP 90.0.0.0/8: name at least one")]
    [InlineData("ku pod 90.0.0.0/8 del", "no pod address after VIP 90.0.0.0/8: name at least one")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.9", "pod 10.0.0.9 already serves protocol tcp port 80 of VIP 90.0.0.0/8")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 10.0.0.1", "pod 10.0.0.1 is named twice")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.8 del", "no pod 10.0.0.8 in protocol tcp port 80 of VIP 90.0.0.0/8")]
    [InlineData("ku pod 90.0.0.0/8 90.1.2.3", "pod 90.1.2.3 is inside VIP 90.0.0.0/8: its packets would come back to the VIP for ever")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 127.0.0.1", "pod 127.0.0.1 is in 127.0.0.0/8 (loopback): no pod can be there")]
    [InlineData("ku pod 90.0.0.0/8 0.0.0.0", "pod 0.0.0.0 is in 0.0.0.0/8 (this network, unspecified): no pod can be there")]
    [InlineData("ku pod 90.0.0.0/8 239.1.1.1", "pod 239.1.1.1 is in 224.0.0.0/4 (multicast): no pod can be there")]
    [InlineData("ku pod 90.0.0.0/8 255.255.255.255", "pod 255.255.255.255 is in 255.255.255.255/32 (broadcast): no pod can be there")]
    [InlineData("ku pod 90.0.0.0/8 2001::1", "pod 2001::1 is IPv6 and VIP 90.0.0.0/8 is IPv4: a VIP with pods of the other family is added with nat46")]
    public void APodThatCannotBeIsRefusedByName(string line, string message)
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp", "ku pod 90.0.0.0/8 10.0.0.9");
        Assert.Equal(message, fixture.Fail(line));
    }

    [Theory]
    [InlineData("ku pod 2003::/16 10.0.0.1", "pod 10.0.0.1 is IPv4 and VIP 2003::/16 is IPv6: a VIP with pods of the other family is added with nat64")]
    [InlineData("ku pod 2003::/16 ::", "pod :: is in ::/128 (unspecified): no pod can be there")]
    [InlineData("ku pod 2003::/16 ::1", "pod ::1 is in ::1/128 (loopback): no pod can be there")]
    [InlineData("ku pod 2003::/16 ff02::1", "pod ff02::1 is in ff00::/8 (multicast): no pod can be there")]
    [InlineData("ku pod 2003::/16 fe80::1", "pod fe80::1 is in fe80::/10 (link-local): no pod can be there")]
    [InlineData("ku pod 2003::/16 ::ffff:10.0.0.1", "pod ::ffff:10.0.0.1 is in ::ffff:0:0/96 (IPv4-mapped addresses): no pod can be there")]
    [InlineData("ku pod 2003::/16 2003::5", "pod 2003::5 is inside VIP 2003::/16: its packets would come back to the VIP for ever")]
    public void AnIp6PodThatCannotBeIsRefusedByName(string line, string message)
    {
        using var fixture = new CatalogFixture();
        fixture.Run("ku vip 2003::/16");
        Assert.Equal(message, fixture.Fail(line));
    }

    [Fact]
    public void ThePodMayNotBeInsideAnotherVipEither()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8", "ku vip 10.0.0.1/32 port 80");
        Assert.Equal(
            "pod 10.0.0.1 is inside VIP 10.0.0.1/32: its packets would come back to the VIP for ever",
            fixture.Fail("ku pod 90.0.0.0/8 10.0.0.1"));
    }

    [Fact]
    public void TenThousandPodsInOneCommand()
    {
        using var fixture = new CatalogFixture(podSlots: 20000);
        fixture.Run("ku vip 90.0.0.0/8 port 80 protocol tcp new_len 65536");
        IEnumerable<string> addresses = Enumerable.Range(1, 10_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"10.0.{i / 250}.{i % 250}"));
        string line = "ku pod 90.0.0.0/8 " + string.Join(' ', addresses);
        Assert.Empty(fixture.Run(line));
        Assert.Equal(10_000, SnapshotReader.PodSlots(fixture.Plane.Published).Count);
        fixture.Run(line + " del");
        for (int i = 0; i < 40; i++) fixture.Catalog.Maintain();
        Assert.Equal(0, fixture.Catalog.UsedPodSlotCount);
    }

    [Fact]
    [Trait("Defect", "D22")]
    [Trait("Defect", "A-14")]
    public void MorePodsThanSlotsAreAcceptedWithANote()
    {
        using var fixture = new CatalogFixture();
        fixture.Run("ku vip 90.0.0.0/8 port 80 protocol tcp new_len 2");
        Assert.Equal(
            "note: 3 pods share 2 slots: 1 of them get no new flows, use a larger new_len",
            fixture.Run("ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2 10.0.0.3"));
    }
}
