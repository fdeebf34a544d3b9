using System.Buffers.Binary;
using PacketDotNet;
using PacketDotNet.Utils;

namespace KubeProxy.Testbed.Packets;

/// <summary>What must come back for a packet that nobody serves, written by PacketDotNet from the RFCs.</summary>
public static class ExpectRefusal
{
    private const int HopsToGo = 64;
    private const ushort DontFragment = 2;
    private const int Icmp4Limit = 576 - 28;
    private const int Icmp6Limit = 1280 - 48;

    /// <summary>The reset for a TCP segment (RFC 9293 section 3.10.7.1).</summary>
    public static byte[] Reset(byte[] sent, Link link)
    {
        ArgumentNullException.ThrowIfNull(link);
        TcpPacket segment = Packet.ParsePacket(LinkLayers.Ethernet, (byte[])sent.Clone()).Extract<TcpPacket>();
        uint length = (uint)new IpView(sent).Payload.Length + (segment.Synchronize ? 1u : 0) + (segment.Finished ? 1u : 0);
        TcpPacket reset = new(segment.DestinationPort, segment.SourcePort)
        {
            SequenceNumber = segment.Acknowledgment ? segment.AcknowledgmentNumber : 0,
            AcknowledgmentNumber = segment.Acknowledgment ? 0 : segment.SequenceNumber + length,
            Acknowledgment = !segment.Acknowledgment,
            Reset = true,
            WindowSize = 0,
        };
        IPPacket ip = NewIp(sent, PacketDotNet.ProtocolType.Tcp);
        if (ip is IPv4Packet ip4)
            ip4.FragmentFlags = DontFragment;
        ip.PayloadPacket = reset;
        return PacketFactory.Finish(new EthernetPacket(link.From, link.To, EthernetTypeOf(ip)) { PayloadPacket = ip }, reset);
    }

    /// <summary>"Port unreachable" for a UDP datagram; the number that an IPv4 answer bears is free.</summary>
    public static byte[] Unreachable(byte[] sent, Link link, ushort identification)
    {
        ArgumentNullException.ThrowIfNull(link);
        bool isIp4 = new IpView(sent).IsIp4;
        Span<byte> packet = new IpView(sent).Ip;
        int quoted = Math.Min(packet.Length, isIp4 ? Icmp4Limit : Icmp6Limit);
        byte[] icmp = new byte[8 + quoted];
        (icmp[0], icmp[1]) = isIp4 ? ((byte)3, (byte)3) : ((byte)1, (byte)4);
        packet[..quoted].CopyTo(icmp.AsSpan(8));
        IPPacket ip = NewIp(sent, isIp4 ? PacketDotNet.ProtocolType.Icmp : PacketDotNet.ProtocolType.IcmpV6);
        if (ip is IPv4Packet ip4)
            ip4.Id = identification;
        else if (ip is IPv6Packet ip6)
            ip6.PayloadLength = (ushort)icmp.Length;
        ip.PayloadDataSegment = new ByteArraySegment(icmp);
        ip.UpdateCalculatedValues();
        byte[] frame = new EthernetPacket(link.From, link.To, EthernetTypeOf(ip)) { PayloadPacket = ip }.Bytes;
        return WithIcmpChecksum(frame);
    }

    private static byte[] WithIcmpChecksum(byte[] frame)
    {
        IpView view = new(frame);
        if (view.IsIp4)
            Checksums.FillIp4Header(frame);
        ushort sum = view.IsIp4 ? InternetChecksum.Sum(view.L4) : view.SumOfL4();
        BinaryPrimitives.WriteUInt16BigEndian(view.L4[2..], (ushort)~sum);
        return frame;
    }

    private static IPPacket NewIp(byte[] sent, PacketDotNet.ProtocolType protocol)
    {
        IpView view = new(sent);
        IPPacket ip = view.IsIp4 ? new IPv4Packet(view.Destination, view.Source) { Id = 0 } : new IPv6Packet(view.Destination, view.Source);
        ip.Protocol = protocol;
        ip.TimeToLive = HopsToGo;
        return ip;
    }

    private static EthernetType EthernetTypeOf(IPPacket ip) => ip is IPv4Packet ? EthernetType.IPv4 : EthernetType.IPv6;
}
