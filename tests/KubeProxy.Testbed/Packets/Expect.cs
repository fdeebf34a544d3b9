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
    public static byte[] Forwarded(byte[] sent, Link link) => Change(sent, link, static _ => { }, static _ => { });

    /// <summary>A hop whose destination is replaced, as of a packet on its way to a pod.</summary>
    public static byte[] ToPod(byte[] sent, Link link, IPEndPoint pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return Change(sent, link, ip => ip.DestinationAddress = pod.Address, l4 => l4.DestinationPort = (ushort)pod.Port);
    }

    /// <summary>A hop whose source is replaced, as of an answer on its way to the client.</summary>
    public static byte[] FromVip(byte[] sent, Link link, IPEndPoint vip)
    {
        ArgumentNullException.ThrowIfNull(vip);
        return Change(sent, link, ip => ip.SourceAddress = vip.Address, l4 => l4.SourcePort = (ushort)vip.Port);
    }

    /// <summary>A hop whose both ends are replaced, as of a masqueraded packet on its way to a pod or back.</summary>
    public static byte[] BothEnds(byte[] sent, Link link, IPEndPoint source, IPEndPoint destination)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        return Change(
            sent,
            link,
            ip => (ip.SourceAddress, ip.DestinationAddress) = (source.Address, destination.Address),
            l4 => (l4.SourcePort, l4.DestinationPort) = ((ushort)source.Port, (ushort)destination.Port));
    }

    private static byte[] Change(byte[] sent, Link link, Action<IPPacket> changeIp, Action<TransportPacket> changeL4)
    {
        ArgumentNullException.ThrowIfNull(link);
        EthernetPacket ethernet = (EthernetPacket)Packet.ParsePacket(LinkLayers.Ethernet, (byte[])sent.Clone());
        IPPacket ip = ethernet.Extract<IPPacket>() ?? throw new TestbedException("the sent frame holds no IP packet");
        TransportPacket l4 = ip.Extract<TransportPacket>() ?? throw new TestbedException("the sent packet is neither TCP nor UDP");
        bool hadNoChecksum = HasNoUdpChecksum(sent);
        ethernet.SourceHardwareAddress = link.From;
        ethernet.DestinationHardwareAddress = link.To;
        ip.TimeToLive--;
        changeIp(ip);
        changeL4(l4);
        byte[] frame = PacketFactory.Finish(ethernet, l4);
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
