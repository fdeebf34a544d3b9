using System.Net;

namespace KubeProxy.Oracle;

/// <summary>
/// A packet of one IP family as one of the other (RFC 7915, sections 4.1 and 5.1). Hops stay: whoever sends the packet on counts them down. Every
/// checksum is computed over the whole message anew, with the fault that it had.
/// </summary>
public static class FamilySwap
{
    private const int MostBytesWithoutDontFragment = 1260;
    private const int FragmentHeaderBytes = 8;

    /// <summary>The packet between new ends, which are of the other family. <paramref name="identification"/> is for a header of IPv4.</summary>
    public static byte[] Translate(PlainPacket packet, Ends ends, int identification)
    {
        byte[] header = packet.Ip6
            ? HeaderOfIp4(packet.Bytes, 0, packet.L4, packet.Protocol, ends, identification)
            : HeaderOfIp6(packet.Bytes, 0, packet.L4, ends);
        byte[] bytes = [.. header, .. packet.Bytes.AsSpan(packet.L4)];
        if (packet.HasPorts) Rewriter.SetPorts(bytes, header.Length, ends);
        if (packet.IsIcmp) bytes[header.Length] = EchoType(packet);
        Finish(bytes, header.Length, packet, ends);
        return bytes;
    }

    /// <summary>The number that IPv4 has for a protocol of IPv6, or the other way round: of those that can go on only ICMP has two.</summary>
    public static int Protocol(int protocol, bool ip6) => ip6
        ? protocol == IpProtocol.Icmp6 ? IpProtocol.Icmp : protocol
        : protocol == IpProtocol.Icmp ? IpProtocol.Icmp6 : protocol;

    /// <summary>The header at <paramref name="start"/> that ends at <paramref name="l4"/>, as one of IPv6; a fragment gets a fragment header.</summary>
    public static byte[] HeaderOfIp6(byte[] from, int start, int l4, Ends ends)
    {
        int fragment = Wire.Word(from, start + 6);
        bool isFragment = (fragment & 0x3FFF) != 0;
        byte[] header = new byte[isFragment ? 40 + FragmentHeaderBytes : 40];
        int protocol = Protocol(from[start + 9], ip6: false);
        header[0] = (byte)(0x60 | (from[start + 1] >> 4));
        header[1] = (byte)(from[start + 1] << 4);
        Wire.SetWord(header, 4, Wire.Word(from, start + 2) - (l4 - start) + header.Length - 40);
        header[6] = (byte)(isFragment ? IpProtocol.Fragment : protocol);
        header[7] = from[start + 8];
        Wire.SetAddress(header, 8, ends.Source);
        Wire.SetAddress(header, 24, ends.Destination);
        if (!isFragment) return header;
        header[40] = (byte)protocol;
        Wire.SetWord(header, 42, ((fragment & 0x1FFF) << 3) | ((fragment >> 13) & 1));
        Wire.SetWord(header, 46, Wire.Word(from, start + 4));
        return header;
    }

    /// <summary>The header at <paramref name="start"/>, extension headers up to <paramref name="l4"/> left out, as one of IPv4.</summary>
    public static byte[] HeaderOfIp4(byte[] from, int start, int l4, int protocol, Ends ends, int identification)
    {
        byte[] header = new byte[20];
        int bytes = 60 + Wire.Word(from, start + 4) - (l4 - start);
        header[0] = 0x45;
        header[1] = (byte)((from[start] << 4) | (from[start + 1] >> 4));
        Wire.SetWord(header, 2, bytes);
        Wire.SetWord(header, 4, identification);
        header[6] = (byte)(bytes > MostBytesWithoutDontFragment ? 0x40 : 0);
        int fragment = Ip6Chain.FragmentHeader(from, start, l4);
        if (fragment > 0)
        {
            int word = Wire.Word(from, fragment + 2);
            Wire.SetWord(header, 4, Wire.Word(from, fragment + 6));
            Wire.SetWord(header, 6, (word >> 3) | ((word & 1) << 13));
        }

        header[8] = from[start + 7];
        header[9] = (byte)Protocol(protocol, ip6: true);
        Wire.SetAddress(header, 12, ends.Source);
        Wire.SetAddress(header, 16, ends.Destination);
        Wire.SetWord(header, 10, Wire.ChecksumFor(0, Wire.Sum(header)));
        return header;
    }

    private static byte EchoType(PlainPacket packet) => packet.Ip6
        ? (byte)(packet.IsEchoRequest ? 8 : 0)
        : (byte)(packet.IsEchoRequest ? 128 : 129);

    private static void Finish(byte[] bytes, int l4, PlainPacket packet, Ends ends)
    {
        if (packet.Protocol == IpProtocol.Sctp) Rewriter.FollowCrc(bytes, l4, packet);
        bool isFragment = packet.Ip6 ? Ip6Chain.FragmentHeader(packet.Bytes, 0, packet.L4) > 0 : (Wire.Word(packet.Bytes, 6) & 0x3FFF) != 0;
        int offset = packet.IsIcmp ? 2 : IpProtocol.ChecksumOffset(packet.Protocol, packet.Ip6);
        if (offset < 0 || isFragment) return;
        bool lite = packet.Protocol == IpProtocol.UdpLite;
        if (lite && Wire.Word(packet.Bytes, packet.L4 + offset) == 0) return;
        bool missing = packet.HasNoUdpChecksum;
        (int there, int claimed) = missing ? (UdpBytes(packet), UdpBytes(packet)) : (packet.End - packet.L4, packet.ClaimedBytes - packet.L4);
        int before = missing ? 0 : Sum(packet.Bytes.AsSpan(packet.L4, there), claimed, packet.Ip6, packet.Source, packet.Destination, packet.Protocol);
        Wire.SetWord(bytes, l4 + offset, 0);
        int rest = Sum(bytes.AsSpan(l4, there), claimed, !packet.Ip6, ends.Source, ends.Destination, Protocol(packet.Protocol, packet.Ip6));
        int checksum = Wire.ChecksumFor(before, rest);
        Wire.SetWord(bytes, l4 + offset, checksum == 0 && (lite || packet.Protocol == IpProtocol.Udp) ? 0xFFFF : checksum);
    }

    /// <summary>A message's words with its pseudo header's, which ICMP has over IPv6 alone.</summary>
    private static int Sum(ReadOnlySpan<byte> message, int claimedBytes, bool ip6, IPAddress source, IPAddress destination, int protocol)
    {
        int sum = Wire.Sum(message);
        if (protocol == IpProtocol.Icmp && !ip6) return sum;
        return (sum + Wire.Sum(source, destination) + protocol + claimedBytes) % 65535;
    }

    private static int UdpBytes(PlainPacket packet) => Wire.Word(packet.Bytes, packet.L4 + 4);
}
