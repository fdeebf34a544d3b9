using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Addresses that services masquerade with: written where workers read them, kept as long as somebody names them.</summary>
public sealed unsafe class MasqueradeTests : IDisposable
{
    private const string Web = "ku vip 90.0.0.0/8 port 80 protocol tcp new_len 16 masquerade 10.9.9.9";
    private readonly CatalogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void WorkersFindTheAddressByTheServiceAndByEachOfItsPods()
    {
        _fixture.RunAll(Web, "ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2");
        ServiceEntry* entry = VipEntry.Find(_fixture.Native("90.0.0.0/8"), IpProtocol.Tcp, Be16.FromHost(80).Wire);
        Assert.True(ServiceEntry.Masquerades(entry, isOutside: false));
        Assert.Equal("10.9.9.9", AddressAt(entry->MasqueradeIndex));
        foreach (string pod in (string[])["10.0.0.1", "10.0.0.2"])
            Assert.Equal(entry->MasqueradeIndex, _fixture.Plane.Pods[_fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 80, pod).Slot].MasqueradeIndex);
    }

    [Fact]
    public void OutsideIsEveryOtherAddressOfTheVip()
    {
        _fixture.RunAll(Web + " outside", "ku vip 192.0.2.10 same_as 90.0.0.0/8");
        ServiceEntry* entry = VipEntry.Find(_fixture.Native("90.0.0.0/8"), IpProtocol.Tcp, Be16.FromHost(80).Wire);
        bool Masquerades(string prefix) => ServiceEntry.Masquerades(entry, VipEntry.IsOutside(_fixture.Native(prefix), _fixture.Vip(prefix).Slot));
        Assert.False(Masquerades("90.0.0.0/8"));
        Assert.True(Masquerades("192.0.2.10/32"));
    }

    [Fact]
    public void ServicesWithOneAddressShareItsPlaceAndOthersHaveTheirOwn()
    {
        _fixture.RunAll(Web, "ku vip 91.0.0.0/8 masquerade 10.9.9.9", "ku vip 92.0.0.0/8 masquerade 10.9.9.8", "ku vip 2003::/16 masquerade fd00::9");
        Assert.Equal(IndexOf("90.0.0.0/8", IpProtocol.Tcp, 80), IndexOf("91.0.0.0/8", IpProtocol.Any, 0));
        ushort[] others = [IndexOf("91.0.0.0/8", IpProtocol.Any, 0), IndexOf("92.0.0.0/8", IpProtocol.Any, 0), IndexOf("2003::/16", IpProtocol.Any, 0)];
        Assert.Equal(3, others.Distinct().Count());
        Assert.Equal("fd00::9", AddressAt(others[2], 16));
    }

    [Fact]
    public void APlaceIsKeptWhileAPodOfADeletedServiceHasSessionsThatNeedIt()
    {
        _fixture.RunAll(Web, "ku pod 90.0.0.0/8 10.0.0.1");
        ushort place = IndexOf("90.0.0.0/8", IpProtocol.Tcp, 80);
        uint slot = _fixture.Pod("90.0.0.0/8", IpProtocol.Tcp, 80, "10.0.0.1").Slot;
        _fixture.Plane.SessionCounts[slot] = 1;
        _fixture.RunAll("ku vip 90.0.0.0/8 del", "ku vip 91.0.0.0/8 masquerade 10.9.9.8");
        Assert.NotEqual(place, IndexOf("91.0.0.0/8", IpProtocol.Any, 0));
        Assert.Equal("10.9.9.9", AddressAt(place));
        Assert.Equal(place, _fixture.Plane.Pods[slot].MasqueradeIndex);
        _fixture.Plane.SessionCounts.Clear();
        _fixture.Catalog.Maintain();
        _fixture.RunAll("ku vip 92.0.0.0/8", "ku vip 93.0.0.0/8 masquerade 10.9.9.7");
        Assert.Equal(place, IndexOf("93.0.0.0/8", IpProtocol.Any, 0));
    }

    [Fact]
    public void MoreAddressesThanThereIsRoomForAreRefused()
    {
        _fixture.Plane.ChecksSnapshots = false;
        for (int i = 1; i < Limits.MasqueradeAddresses; i++)
            _fixture.Run($"ku vip 90.{i >> 8}.{i & 255}.0/24 protocol tcp masquerade 10.{i >> 8}.{i & 255}.1");
        Assert.Equal(
            "no room for masquerade 10.99.0.1: the limit is 4095 addresses", _fixture.Fail("ku vip 91.0.0.0/8 protocol tcp masquerade 10.99.0.1"));
        _fixture.Run("ku vip 91.0.0.0/8 protocol tcp masquerade 10.0.1.1");
    }

    [Fact]
    public void ALineThatFailsGivesItsAddressBack()
    {
        const string Next = "ku vip 91.0.0.0/8 masquerade 10.9.9.8";
        _fixture.Run(Next);
        ushort expected = IndexOf("91.0.0.0/8", IpProtocol.Any, 0);
        int failures = 0;
        for (int step = 1; ; step++, failures++)
        {
            using var fixture = new CatalogFixture();
            fixture.Plane.FailAfter = step;
            if (fixture.TryRun(Web, out _)) break;
            fixture.Run(Next);
            Assert.Equal(expected, fixture.Service("91.0.0.0/8", IpProtocol.Any, 0).MasqueradeIndex);
        }

        Assert.True(failures > 0);
    }

    [Fact]
    public void SessionsByAnAddressThatIsTakenAwayAreForgotten()
    {
        _fixture.RunAll(Web, "ku vip 192.0.2.10 same_as 90.0.0.0/8", "ku vip 192.0.2.10 del");
        Assert.Equal($"ForgetSessions 192.0.2.10/32 {_fixture.Service("90.0.0.0/8", IpProtocol.Tcp, 80).Index}", _fixture.Plane.Log[^1]);
    }

    [Fact]
    public void DeletingNeedsTheSameWords()
    {
        _fixture.Run(Web);
        const string Has = "service protocol tcp port 80 of VIP 90.0.0.0/8 has masquerade 10.9.9.9";
        Assert.Equal($"masquerade 10.9.9.8 does not match: {Has}", _fixture.Fail("ku vip 90.0.0.0/8 masquerade 10.9.9.8 del"));
        Assert.Equal($"masquerade 10.9.9.9 outside does not match: {Has}", _fixture.Fail("ku vip 90.0.0.0/8 masquerade 10.9.9.9 outside del"));
        _fixture.Run("ku vip 90.0.0.0/8 masquerade 10.9.9.9 del");
    }

    private ushort IndexOf(string prefix, byte protocol, ushort port) =>
        VipEntry.Find(_fixture.Native(prefix), protocol, Be16.FromHost(port).Wire)->MasqueradeIndex;

    private string AddressAt(ushort place, int lengthBytes = 4) =>
        new IPAddress(new ReadOnlySpan<byte>(_fixture.Plane.Masquerades[place].Bytes, lengthBytes)).ToString();
}
