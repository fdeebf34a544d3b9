using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

public unsafe class CatalogTests
{
    [Fact]
    public void ItStartsWithAnEmptySnapshot()
    {
        using var fixture = new CatalogFixture();
        Assert.Equal(1ul, fixture.Plane.Published->Generation);
        Assert.Equal(0u, fixture.Plane.Published->PageCount);
        Assert.True(fixture.Catalog.CurrentSnapshot == fixture.Plane.Published);
    }

    [Fact]
    public void EveryChangeOfServicesOrPodsPublishesOnce()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80", "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2", "ku pod 90.0.0.0/8 10.0.0.1 del", "ku vip 90.0.0.0/8 del");
        Assert.Equal(5ul, fixture.Plane.Published->Generation);
    }

    [Fact]
    public void NamesForTracesAreFoundByNumber()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 2003::/16 port 53 protocol udp target_port 5353", "ku pod 2003::/16 2001::2");
        Assert.Equal("2003::/16", fixture.Catalog.FindVip(0)!.Prefix.ToString());
        Assert.Equal("protocol udp port 53", fixture.Catalog.FindService(0)!.Key.Words);
        Assert.Equal("[2001::2]:5353", fixture.Catalog.FindPod(1)!.EndPoint);
        Assert.Null(fixture.Catalog.FindVip(1));
        Assert.Null(fixture.Catalog.FindService(1));
        Assert.Null(fixture.Catalog.FindPod(2));
    }

    [Fact]
    public void ServicesOfOneVipDoNotDisturbEachOther()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp", "ku pod 90.0.0.0/8 10.0.0.1", "ku vip 90.0.0.0/8 port 81 protocol tcp");
        ServiceEntry* before = VipEntry.Find(fixture.Native("90.0.0.0/8"), IpProtocol.Tcp, Be16.FromHost(80).Wire);
        fixture.Run("ku pod 90.0.0.0/8 port 81 10.0.0.2");
        Assert.True(before == VipEntry.Find(fixture.Native("90.0.0.0/8"), IpProtocol.Tcp, Be16.FromHost(80).Wire));
    }

    [Fact]
    public void TheExactServiceWinsOverTheOneWithoutAPort()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll("ku vip 90.0.0.0/8", "ku vip 90.0.0.0/8 protocol tcp", "ku vip 90.0.0.0/8 port 80 protocol tcp");
        VipEntry* vip = fixture.Native("90.0.0.0/8");
        Assert.Equal(fixture.Service("90.0.0.0/8", IpProtocol.Tcp, 80).Index, VipEntry.Find(vip, IpProtocol.Tcp, Be16.FromHost(80).Wire)->ServiceIndex);
        Assert.Equal(fixture.Service("90.0.0.0/8", IpProtocol.Tcp, 0).Index, VipEntry.Find(vip, IpProtocol.Tcp, Be16.FromHost(81).Wire)->ServiceIndex);
        Assert.Equal(fixture.Service("90.0.0.0/8", IpProtocol.Any, 0).Index, VipEntry.Find(vip, IpProtocol.Udp, Be16.FromHost(80).Wire)->ServiceIndex);
    }

    [Fact]
    public void TheSamePodsGiveTheSameTableAfterARestart()
    {
        using var first = new CatalogFixture();
        using var second = new CatalogFixture();
        first.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp new_len 64", "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2 10.0.0.3");
        second.RunAll("ku vip 90.0.0.0/8 port 80 protocol tcp new_len 64", "ku pod 90.0.0.0/8 10.0.0.3", "ku pod 90.0.0.0/8 10.0.0.2 10.0.0.1");
        Assert.Equal(Choices(first), Choices(second));
    }

    private static List<string> Choices(CatalogFixture fixture)
    {
        ServiceEntry* entry = VipEntry.Find(fixture.Native("90.0.0.0/8"), IpProtocol.Tcp, Be16.FromHost(80).Wire);
        var choices = new List<string>();
        for (uint hash = 0; hash < 64; hash++) choices.Add(fixture.Catalog.FindPod(ServiceEntry.Choose(entry, hash))!.Address.ToString());
        return choices;
    }

    [Fact]
    public unsafe void AVipSaysWhetherAServiceOfItIsSctps()
    {
        using var fixture = new CatalogFixture();
        foreach ((string line, uint expected) in ((string, uint)[])[
            ("ku vip 90.0.0.1 port 80", 0), ("ku vip 90.0.0.1 port 80 protocol sctp", 1), ("ku vip 90.0.0.1 port 81 protocol sctp", 1),
            ("ku pod 90.0.0.1 port 80 protocol sctp 10.0.0.1", 1), ("ku vip 90.0.0.1 port 80 protocol sctp del", 1), ("ku vip 90.0.0.1 port 81 protocol sctp del", 0)])
        {
            fixture.RunAll(line);
            Assert.Equal(expected, Snapshot.FindVip(fixture.Plane.Published, fixture.Vip("90.0.0.1/32").Slot)->HasSctp);
        }
    }
}
