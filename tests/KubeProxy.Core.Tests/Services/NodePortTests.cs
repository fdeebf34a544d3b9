using System.Net.Sockets;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Node ports as workers see them: a slot of the snapshot for each, which follows its service.</summary>
public sealed unsafe class NodePortTests : IDisposable
{
    private const string Line = "ku vip 90.0.0.0/8 port 80 new_len 16 node_port 30080";
    private const AddressFamily Ip4 = AddressFamily.InterNetwork;
    private const AddressFamily Ip6 = AddressFamily.InterNetworkV6;
    private readonly CatalogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    public void WorkersFindTheServiceAloneUnderTheNodePortAndSeeHowThePacketCame(byte protocol)
    {
        _fixture.RunAll(Line, "ku vip 90.0.0.0/8 port 81 protocol tcp", "ku pod 90.0.0.0/8 port 80 10.0.0.1");
        VipEntry* entry = NativeNodePort(Ip4, protocol, 30080);
        Assert.Equal(1u, entry->ServiceCount);
        Assert.Equal(_fixture.Vip("90.0.0.0/8").Slot, entry->MainSlot);
        Assert.True(VipEntry.IsOutside(entry, _fixture.Plane.NodePorts[(Ip4, protocol, 30080)]));
        Assert.True(Find(entry, protocol, 30080) == Find(_fixture.Native("90.0.0.0/8"), protocol, 80));
        Assert.True(Find(entry, protocol, 80) == null);
        Assert.False(VipEntry.IsOutside(_fixture.Native("90.0.0.0/8"), _fixture.Vip("90.0.0.0/8").Slot));
        Assert.Equal(1u, Find(entry, protocol, 30080)->PodCount);
    }

    [Theory]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.2")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.2 10.0.0.3 weight 7")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 weight 0")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 del")]
    [InlineData("ku pod 90.0.0.0/8 10.0.0.1 drain 0")]
    [InlineData("ku pod 192.0.2.10 10.0.0.2")]
    public void AChangeOfPodsChangesTheVipItsOtherAddressesAndItsNodePortsInOnePublication(string line)
    {
        _fixture.RunAll(Line, "ku vip 192.0.2.10 same_as 90.0.0.0/8", "ku pod 90.0.0.0/8 10.0.0.1");
        int publications = Publications();
        _fixture.Run(line);
        Assert.Equal(1, Publications() - publications);
        foreach (byte protocol in (byte[])[IpProtocol.Tcp, IpProtocol.Udp])
        {
            ServiceEntry* service = Find(_fixture.Native("90.0.0.0/8"), protocol, 80);
            Assert.True(service == Find(_fixture.Native("192.0.2.10/32"), protocol, 80));
            Assert.True(service == Find(NativeNodePort(Ip4, protocol, 30080), protocol, 30080));
        }
    }

    [Fact]
    public void AnotherServiceOfTheVipLeavesTheNodePortsEntryAsItIs()
    {
        _fixture.RunAll(Line, "ku vip 90.0.0.0/8 port 81");
        VipEntry* entry = NativeNodePort(Ip4, IpProtocol.Tcp, 30080);
        _fixture.RunAll("ku pod 90.0.0.0/8 port 81 10.0.0.1", "ku vip 90.0.0.0/8 port 81 del");
        Assert.True(entry == NativeNodePort(Ip4, IpProtocol.Tcp, 30080));
    }

    [Fact]
    public void SlotsOnDifferentPagesOfTheSnapshotChangeTogether()
    {
        _fixture.Plane.ChecksSnapshots = false;
        _fixture.Run("ku vip 90.0.0.0/8 port 81 protocol tcp");
        _fixture.RunAll([.. Enumerable.Range(0, 300).Select(i => $"ku vip 92.0.{i / 100}.{i % 100} port 80 protocol tcp")]);
        _fixture.RunAll(Line, "ku pod 90.0.0.0/8 port 80 10.0.0.1 10.0.0.2");
        Assert.True(_fixture.Service("90.0.0.0/8", IpProtocol.Tcp, 80).NodePort!.Slot > 255);
        Assert.Equal(2u, Find(NativeNodePort(Ip4, IpProtocol.Udp, 30080), IpProtocol.Udp, 30080)->PodCount);
        _fixture.Run("ku vip 90.0.0.0/8 port 80 del");
        Assert.Equal(301, SnapshotReader.CountVips(_fixture.Plane.Published));
    }

    [Fact]
    public void FamiliesAndProtocolsShareANumber()
    {
        _fixture.RunAll(
            "ku vip 90.0.0.1 port 80 protocol tcp node_port 30080", "ku vip 90.0.0.2 port 53 protocol udp node_port 30080",
            "ku vip 2003::1 port 80 protocol tcp node_port 30080", "ku vip 2003::2 port 53 protocol udp node_port 30080");
        Assert.Equal(4, _fixture.Plane.NodePorts.Values.Distinct().Count());
        Assert.Equal(4, _fixture.Catalog.NodePortCount);
        Assert.Equal("2003::2/128", $"{_fixture.Catalog.FindNodePort(Ip6, IpProtocol.Udp, 30080)!.Vip.Prefix}");
    }

    [Fact]
    public void PacketsAskForNodePortsExactlyWhileThereIsOne()
    {
        Assert.False(_fixture.Plane.AsksForNodePorts);
        _fixture.RunAll(Line, "ku vip 2003::1 port 80 protocol tcp node_port 30080", "ku vip 90.0.0.0/8 port 80 protocol udp del");
        Assert.True(_fixture.Plane.AsksForNodePorts);
        _fixture.Run("ku vip 90.0.0.0/8 del");
        Assert.True(_fixture.Plane.AsksForNodePorts);
        _fixture.Run("ku vip 2003::1 del");
        Assert.False(_fixture.Plane.AsksForNodePorts);
        Assert.Empty(_fixture.Plane.NodePorts);
    }

    /// <summary>The table of node ports is no part of the snapshot: a packet must find an entry wherever it is sent.</summary>
    [Fact]
    [Trait("Defect", "D9")]
    [Trait("Defect", "A-6")]
    public void APortIsInstalledAfterItsEntryIsPublishedAndTakenAwayBeforeItIsNot()
    {
        _fixture.Run(Line);
        Assert.True(Place("InstallNodePort") > Place("Publish"));
        _fixture.Plane.Log.Clear();
        _fixture.Run("ku vip 90.0.0.0/8 del");
        Assert.True(Place("RemoveNodePort") < Place("SwitchNodePorts"));
        Assert.True(Place("SwitchNodePorts") < Place("Publish"));
    }

    [Fact]
    public void ASlotIsNotReusedWhileAWorkerCanMeetIt()
    {
        _fixture.Run("ku vip 90.0.0.1 port 80 protocol tcp node_port 30080");
        Assert.Equal(1u, Slot("90.0.0.1/32"));
        _fixture.Plane.HoldsRetired = true;
        _fixture.RunAll("ku vip 90.0.0.1 del", "ku vip 90.0.0.1 port 80 protocol tcp node_port 30080");
        Assert.Equal(3u, Slot("90.0.0.1/32"));
        _fixture.Plane.PassQuiescentPoint();
        _fixture.Run("ku vip 90.0.0.2 port 80 protocol tcp node_port 30081");
        Assert.Equal((1u, 0u), (_fixture.Vip("90.0.0.2/32").Slot, Slot("90.0.0.2/32")));
    }

    [Fact]
    public void ADeletedServicesNodePortIsFreeForAnother()
    {
        _fixture.RunAll("ku vip 90.0.0.1 port 80 node_port 30080", "ku vip 90.0.0.1 port 80 protocol udp del");
        _fixture.Run("ku vip 90.0.0.2 port 80 protocol udp node_port 30080");
        _fixture.Run("ku vip 90.0.0.1 port 80 node_port 30080 del");
        _fixture.Run("ku vip 90.0.0.3 port 80 protocol tcp node_port 30080");
        Assert.Equal("90.0.0.3/32", $"{_fixture.Catalog.FindNodePort(Ip4, IpProtocol.Tcp, 30080)!.Vip.Prefix}");
        Assert.Equal("90.0.0.2/32", $"{_fixture.Catalog.FindNodePort(Ip4, IpProtocol.Udp, 30080)!.Vip.Prefix}");
    }

    private VipEntry* NativeNodePort(AddressFamily family, byte protocol, ushort port) =>
        Snapshot.FindVip(_fixture.Plane.Published, _fixture.Plane.NodePorts[(family, protocol, port)]);

    private uint Slot(string prefix) => _fixture.Service(prefix, IpProtocol.Tcp, 80).NodePort!.Slot;

    private static ServiceEntry* Find(VipEntry* vip, byte protocol, ushort port) => VipEntry.Find(vip, protocol, Be16.FromHost(port).Wire);

    private int Publications() => _fixture.Plane.Log.Count(call => call == "Publish");

    private int Place(string call) => _fixture.Plane.Log.FindLastIndex(entry => entry.StartsWith(call, StringComparison.Ordinal));
}
