using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Which packets to the node's own addresses are for a service; none is changed.</summary>
public sealed unsafe class NodePortPathTests : IDisposable
{
    private const ushort NodePort = 30080;
    private const uint TcpSlot = 3;
    private const uint UdpSlot = 70000;
    private readonly DataPathFixture _path = new();

    public NodePortPathTests()
    {
        foreach (NodePortTable table in (NodePortTable[])[_path.Shared->NodePorts4, _path.Shared->NodePorts6])
        {
            table.Set(IpProtocol.Tcp, NodePort, TcpSlot);
            table.Set(IpProtocol.Udp, NodePort, UdpSlot);
        }
    }

    public void Dispose() => _path.Dispose();

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void APacketToANodePortGetsItsSlotAndAnyOtherNone(IpFamily family, byte protocol)
    {
        uint slot = protocol == IpProtocol.Tcp ? TcpSlot : UdpSlot;
        Assert.Equal([slot, NodePortTable.NoSlot, slot], Ask(family, Packet(family, protocol), Packet(family, protocol, NodePort + 1), Packet(family, protocol)));
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void FamiliesAndProtocolsHavePortsOfTheirOwn(IpFamily family)
    {
        NodePortTable other = family == IpFamily.Ip4 ? _path.Shared->NodePorts6 : _path.Shared->NodePorts4;
        other.Set(IpProtocol.Tcp, 31000, 9);
        other.Set(IpProtocol.Udp, NodePort, NodePortTable.NoSlot);
        Assert.Equal([NodePortTable.NoSlot, UdpSlot], Ask(family, Packet(family, IpProtocol.Tcp, 31000), Packet(family, IpProtocol.Udp)));
    }

    [Fact]
    public void WhatIsNotWholeOrNotForOneHostIsTheNodes()
    {
        PacketSpec plain = Packet(IpFamily.Ip4, IpProtocol.Udp);
        TestPacket[] packets =
        [
            plain with { Fragment = 0x2000 }, plain with { Fragment = 0x0010 }, plain.Build()[..27], Array.Empty<byte>(),
            plain with { Protocol = IpProtocol.Icmp }, To(plain, "224.0.0.1"), To(plain, "239.255.0.1"), To(plain, "255.255.255.255"),
        ];
        Assert.All(Ask(IpFamily.Ip4, packets), slot => Assert.Equal(NodePortTable.NoSlot, slot));
        Assert.Equal([UdpSlot], Ask(IpFamily.Ip4, To(plain, "223.255.255.254")));
    }

    [Fact]
    [Trait("Defect", "D9")]
    [Trait("Defect", "A-6")]
    public void OptionsInFrontOfThePortsDoNotHideThem()
    {
        TestPacket[] packets = [.. Enumerable.Range(1, 10).Select(words => (TestPacket)(Packet(IpFamily.Ip4, IpProtocol.Tcp) with { Ip4Options = [.. Enumerable.Repeat((byte)1, words * 4)] }))];
        Assert.All(Ask(IpFamily.Ip4, packets), slot => Assert.Equal(TcpSlot, slot));
    }

    [Fact]
    public void WhatMustNotLeaveTheLinkIsTheNodes()
    {
        PacketSpec plain = Packet(IpFamily.Ip6, IpProtocol.Udp);
        TestPacket[] packets =
        [
            plain with { ExtensionHeader = 44 }, plain with { ExtensionHeader = 60 }, plain with { HasNoUdpChecksum = true }, plain.Build()[..47],
            To(plain, "ff02::1"), To(plain, "ff0e::5"), To(plain, "fe80::1"), To(plain, "febf::1"),
            plain with { From = new IPEndPoint(IPAddress.Parse("fe80::c"), 4000) },
        ];
        Assert.All(Ask(IpFamily.Ip6, packets), slot => Assert.Equal(NodePortTable.NoSlot, slot));
        Assert.Equal([UdpSlot, UdpSlot], Ask(IpFamily.Ip6, To(plain, "fec0::1"), To(plain, "fe7f::1")));
    }

    /// <summary>Errors about what has left from a node port are the service's, whatever they quote otherwise; all others are the node's.</summary>
    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void AnErrorAboutANodePortsPacketGetsItsSlot(IpFamily family, byte protocol)
    {
        uint slot = protocol == IpProtocol.Tcp ? TcpSlot : UdpSlot;
        IPEndPoint node = Site.Vip(family, 1, NodePort);
        PacketSpec left = new(node, Site.Client(family), protocol);
        IcmpSpec error = new(Site.Client(family, 2).Address, node.Address, left.Build());
        IcmpSpec other = error with { Quoted = (left with { From = Site.Vip(family, 1, NodePort + 1) }).Build() };
        IcmpSpec toOther = error with { To = Site.Vip(family, 2).Address };
        byte echo = family == IpFamily.Ip4 ? (byte)8 : (byte)128;
        Assert.Equal(
            [slot, NodePortTable.NoSlot, NodePortTable.NoSlot, NodePortTable.NoSlot, slot],
            Ask(family, error.Build(), other.Build(), toOther.Build(), (error with { Type = echo }).Build(), Packet(family, protocol)));
        if (family == IpFamily.Ip6)
            Assert.Equal([NodePortTable.NoSlot], Ask(family, (error with { From = IPAddress.Parse("fe80::7") }).Build()));
    }

    private static PacketSpec Packet(IpFamily family, byte protocol, int port = NodePort) =>
        new(Site.Client(family, 1, 40_000), Site.Vip(family, 1, port), protocol);

    private static PacketSpec To(PacketSpec packet, string address) => packet with { To = new IPEndPoint(IPAddress.Parse(address), NodePort) };

    private uint[] Ask(IpFamily family, params TestPacket[] packets)
    {
        _path.Load(0, packets);
        _path.RunNodePorts(family, 0, (uint)packets.Length);
        for (int i = 0; i < packets.Length; i++) Assert.Equal(packets[i].Bytes, _path.Arena.Take(i));
        return new ReadOnlySpan<uint>(_path.Worker()->Batch->VipSlot, packets.Length).ToArray();
    }
}
