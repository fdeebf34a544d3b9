using System.Net;
using PacketDotNet;

namespace KubeProxy.Testbed.Packets;

/// <summary>
/// What must leave for what was sent, computed from scratch: the sent frame is parsed, the few fields that may change are
/// changed, and every checksum is calculated anew over the whole packet.
/// </summary>
public static class Expect
{
    /// <summary>A plain hop: new link addresses and one less to live.</summary>
    public static byte[] Forwarded(byte[] sent, Link link) => Change(sent, link, source: null, destination: null);

    /// <summary>A hop whose destination is replaced, as of a packet on its way to a pod.</summary>
    public static byte[] ToPod(byte[] sent, Link link, IPEndPoint pod) => Change(sent, link, source: null, pod);

    /// <summary>A hop whose source is replaced, as of an answer on its way to the client.</summary>
    public static byte[] FromVip(byte[] sent, Link link, IPEndPoint vip) => Change(sent, link, vip, destination: null);

    /// <summary>A hop whose both ends are replaced, as of a masqueraded packet on its way to a pod or back.</summary>
    public static byte[] BothEnds(byte[] sent, Link link, IPEndPoint source, IPEndPoint destination) => Change(sent, link, source, destination);

    private static byte[] Change(byte[] sent, Link link, IPEndPoint? source, IPEndPoint? destination)
    {
        ArgumentNullException.ThrowIfNull(link);
        byte[] frame = (byte[])sent.Clone();
        if (new IpView(frame).Protocol is not (IpView.Tcp or IpView.Udp))
            return ExpectOther.Changed(frame, link, source, destination);
        EthernetPacket ethernet = (EthernetPacket)Packet.ParsePacket(LinkLayers.Ethernet, frame);
        IPPacket ip = ethernet.Extract<IPPacket>() ?? throw new TestbedException("the sent frame holds no IP packet");
        TransportPacket l4 = ip.Extract<TransportPacket>() ?? throw new TestbedException("the sent packet is neither TCP nor UDP");
        bool hadNoChecksum = HasNoUdpChecksum(sent);
        ethernet.SourceHardwareAddress = link.From;
        ethernet.DestinationHardwareAddress = link.To;
        ip.TimeToLive--;
        (ip.SourceAddress, l4.SourcePort) = (source?.Address ?? ip.SourceAddress, (ushort?)source?.Port ?? l4.SourcePort);
        (ip.DestinationAddress, l4.DestinationPort) = (destination?.Address ?? ip.DestinationAddress, (ushort?)destination?.Port ?? l4.DestinationPort);
        frame = PacketFactory.Finish(ethernet, l4);
        if (hadNoChecksum)
            new IpView(frame).L4Checksum.Clear();
        return frame;
    }

    private static bool HasNoUdpChecksum(byte[] frame)
    {
        IpView view = new(frame);
        return view.Protocol == IpView.Udp && view.L4Checksum is [0, 0];
    }
}
