using System.Net;
using PacketDotNet;

namespace KubeProxy.Oracle;

/// <summary>The bytes of answers, from a packet library. 64 hops to go; what no document decides is marked free.</summary>
internal static class Answers
{
    private const int Hops = 64;
    private const int MostBytesIp4 = 576;
    private const int MostBytesIp6 = 1280;

    public static Verdict Say(PlainPacket packet, string reason, string reply, byte[] answer) =>
        new(Fate.Answered, reason, answer) { Reply = reply, Free = packet.Ip6 ? [0, 1, 2, 3] : [1, 4, 5, 6, 7, 10, 11] };

    /// <summary>RFC 9293, section 3.10.7.1.</summary>
    public static byte[] Reset(PlainPacket packet)
    {
        var asked = new TcpPacket(new PacketDotNet.Utils.ByteArraySegment([.. packet.Bytes[packet.L4..packet.End]]));
        int dataBytes = packet.End - packet.L4 - asked.DataOffset * 4;
        var reset = new TcpPacket((ushort)packet.DestinationPort, (ushort)packet.SourcePort) { Reset = true, WindowSize = 0 };
        if (asked.Acknowledgment)
        {
            reset.SequenceNumber = asked.AcknowledgmentNumber;
        }
        else
        {
            reset.Acknowledgment = true;
            reset.AcknowledgmentNumber = asked.SequenceNumber + (uint)dataBytes + (asked.Synchronize ? 1u : 0u) + (asked.Finished ? 1u : 0u);
        }

        IPPacket ip = Around(packet, packet.Destination, reset);
        reset.UpdateTcpChecksum();
        return Finished(ip);
    }

    /// <summary>An ICMP error with as much of the packet as every host takes; the last four bytes of its header are the MTU, or 0.</summary>
    public static byte[] Error(PlainPacket packet, IPAddress source, int type, int code, int mtu)
    {
        int room = packet.Ip6 ? MostBytesIp6 - 48 : MostBytesIp4 - 28;
        byte[] message = [(byte)type, (byte)code, 0, 0, 0, 0, (byte)(mtu >> 8), (byte)mtu, .. packet.Bytes.AsSpan(0, Math.Min(room, packet.End))];
        int sum = Wire.Sum(message);
        if (packet.Ip6) sum += Wire.Sum(source, packet.Source) + message.Length + IpProtocol.Icmp6;
        Wire.SetWord(message, 2, Wire.ChecksumFor(0, sum % 65535));
        IPPacket ip = Around(packet, source, null);
        ip.PayloadData = message;
        return Finished(ip);
    }

    /// <summary>The request turned round: ends exchanged, type of the reply, code 0 (RFC 792, RFC 4443 section 4.2), 64 hops, everything else as it was.</summary>
    public static byte[] EchoReply(PlainPacket packet)
    {
        byte[] bytes = packet.Bytes[..packet.End];
        Rewriter.SetAddresses(bytes, 0, packet.Ip6, new Ends(packet.Destination, 0, packet.Source, 0));
        bytes[packet.Ip6 ? 7 : 8] = Hops;
        bytes[packet.L4] = (byte)(packet.Ip6 ? 129 : 0);
        bytes[packet.L4 + 1] = 0;
        Wire.SetWord(bytes, packet.L4 + 2, 0);
        int sum = Wire.Sum(bytes.AsSpan(packet.L4, packet.End - packet.L4));
        if (packet.Ip6) sum += Wire.Sum(packet.Source, packet.Destination) + packet.End - packet.L4 + IpProtocol.Icmp6;
        Wire.SetWord(bytes, packet.L4 + 2, Wire.ChecksumFor(0, sum % 65535));
        if (packet.Ip6) return bytes;
        Wire.SetWord(bytes, 10, 0);
        Wire.SetWord(bytes, 10, Wire.ChecksumFor(0, Wire.Sum(bytes.AsSpan(0, 20))));
        return bytes;
    }

    private static IPPacket Around(PlainPacket packet, IPAddress source, Packet? payload)
    {
        IPPacket ip = packet.Ip6 ? new IPv6Packet(source, packet.Source) : new IPv4Packet(source, packet.Source);
        ip.TimeToLive = Hops;
        ip.Protocol = payload is TcpPacket ? ProtocolType.Tcp : packet.Ip6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp;
        if (payload != null) ip.PayloadPacket = payload;
        return ip;
    }

    private static byte[] Finished(IPPacket ip)
    {
        ip.UpdateCalculatedValues();
        if (ip is IPv6Packet) ip.PayloadLength = (ushort)(ip.Bytes.Length - 40);
        if (ip is IPv4Packet ip4) ip4.UpdateIPChecksum();
        return ip.Bytes;
    }
}
