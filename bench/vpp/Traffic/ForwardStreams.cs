using System.Net;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>Streams from the clients to a contender's service.</summary>
internal static class ForwardStreams
{
    /// <summary>Every flow in turn ('-') or flows at random ('+').</summary>
    public static void Define(MeasuredVpp vpp, Contender contender, string stream, FlowSet flows, char mode, StreamShape shape)
    {
        if (contender.Site is { IsIp4: true, Protocol: Transport.Udp })
        {
            Streams.FromRanges(vpp, stream, contender.Site, contender.Destination, flows, mode, shape);
            return;
        }

        // The generator does not step through IPv6 addresses and writes no TCP flags: the packets are made here, in a random order.
        IEnumerable<byte[]> packets = Enumerable.Range(0, flows.Count).Select(flow => Packet(contender, flows, flow));
        Streams.FromPackets(vpp, stream, contender.Site, Site.ClientInterface, ReturnPackets.Shuffled(packets), shape);
    }

    private static byte[] Packet(Contender contender, FlowSet flows, int flow) => PacketFactory.Build(
        new Flow(contender.Site.Protocol, flows.ClientOf(flow), new IPEndPoint(IPAddress.Parse(contender.Destination), Site.Port)),
        NoLink.Value, PacketOptions.Plain)[IpView.EthernetLengthBytes..];
}
