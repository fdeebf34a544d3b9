using System.Net;

namespace KubeProxy.Oracle;

/// <summary>The packet that an ICMP error quotes: its IP header, whole, and at least 8 bytes of TCP, UDP or SCTP (RFC 5508, REQ-3 and REQ-4).</summary>
internal sealed class Quote
{
    private Quote(PlainPacket error, int start, int l4, int protocol)
    {
        byte[] bytes = error.Bytes;
        (Start, L4, Protocol, Ip6, End) = (start, l4, protocol, error.Ip6, EndOf(error));
        Source = Wire.Address(bytes, start + (Ip6 ? 8 : 12), Ip6);
        Destination = Wire.Address(bytes, start + (Ip6 ? 24 : 16), Ip6);
        SourcePort = Wire.Word(bytes, l4);
        DestinationPort = Wire.Word(bytes, l4 + 2);
    }

    public int Start { get; }

    public int L4 { get; }

    public int End { get; }

    public bool Ip6 { get; }

    public int Protocol { get; }

    public IPAddress Source { get; }

    public IPAddress Destination { get; }

    public int SourcePort { get; }

    public int DestinationPort { get; }

    /// <summary>True where the quoted IPv4 header is whole and its checksum is wrong.</summary>
    public static bool IsDamaged(PlainPacket error)
    {
        int start = error.L4 + 8;
        int end = EndOf(error);
        if (error.Ip6 || end - start < 20 || error.Bytes[start] >> 4 != 4) return false;
        int header = (error.Bytes[start] & 15) * 4;
        return header >= 20 && header <= end - start && Wire.Sum(error.Bytes.AsSpan(start, header)) != 0;
    }

    /// <summary>Null where the quote cannot be translated.</summary>
    public static Quote? Read(PlainPacket error)
    {
        int start = error.L4 + 8;
        (int l4, int protocol) = error.Ip6 ? HeadersOfIp6(error, start) : HeaderOfIp4(error, start);
        return l4 > 0 && IpProtocol.HasPorts(protocol) && EndOf(error) - l4 >= 8 ? new Quote(error, start, l4, protocol) : null;
    }

    /// <summary>Changes the quoted ends; checksums in the quote follow and are not verified.</summary>
    public void Rewrite(byte[] bytes, byte[] before, Ends ends)
    {
        Rewriter.SetAddresses(bytes, Start, Ip6, ends);
        Rewriter.SetPorts(bytes, L4, ends);
        if (!Ip6) Rewriter.Follow(bytes, before, Start, L4, Start + 10);
        Follow(bytes, 0, ends);
    }

    /// <summary>The quoted transport checksum, where it is there, follows addresses and ports; <paramref name="shift"/> is how far the bytes have moved.</summary>
    public void Follow(byte[] bytes, int shift, Ends ends)
    {
        int offset = L4 + IpProtocol.ChecksumOffset(Protocol, Ip6);
        if (Protocol == IpProtocol.Sctp || offset + 2 > End) return;
        int old = Wire.Word(bytes, offset - shift);
        if (Protocol == IpProtocol.Udp && old == 0) return;
        int was = (old + Wire.Sum(Source, Destination) + SourcePort + DestinationPort) % 65535;
        int rest = (Wire.Sum(ends.Source, ends.Destination) + ends.SourcePort + ends.DestinationPort) % 65535;
        int checksum = Wire.ChecksumFor(was, rest);
        Wire.SetWord(bytes, offset - shift, checksum == 0 && Protocol == IpProtocol.Udp ? 0xFFFF : checksum);
    }

    /// <summary>
    /// Length of the original datagram where extensions follow, else 0 (RFC 4884, section 4): in words of 4 bytes at octet 5, which source quench leaves 0;
    /// over IPv6 in words of 8 bytes at octet 4 of types 1 and 3.
    /// </summary>
    public static int LengthField(PlainPacket error) => error.Ip6
        ? error.IcmpType is 1 or 3 ? error.Bytes[error.L4 + 4] : 0
        : error.Bytes[error.L4 + 5];

    /// <summary>
    /// Where the quote ends: with the error, with the quoted packet's own length, or where the error says that extensions follow.
    /// </summary>
    private static int EndOf(PlainPacket error)
    {
        int start = error.L4 + 8;
        int words = LengthField(error) * (error.Ip6 ? 2 : 1);
        int end = words == 0 ? error.End : Math.Min(error.End, start + (words * 4));
        if (end - start < (error.Ip6 ? 40 : 20)) return end;
        int own = error.Ip6 ? 40 + Wire.Word(error.Bytes, start + 4) : Wire.Word(error.Bytes, start + 2);
        return Math.Min(end, start + own);
    }

    private static (int L4, int Protocol) HeaderOfIp4(PlainPacket error, int start)
    {
        byte[] bytes = error.Bytes;
        int end = EndOf(error);
        if (end - start < 20 || bytes[start] >> 4 != 4) return (0, 0);
        int header = (bytes[start] & 15) * 4;
        bool laterFragment = (Wire.Word(bytes, start + 6) & 0x1FFF) != 0;
        return header < 20 || header > end - start || laterFragment ? (0, 0) : (start + header, bytes[start + 9]);
    }

    private static (int L4, int Protocol) HeadersOfIp6(PlainPacket error, int start)
    {
        byte[] bytes = error.Bytes;
        int end = EndOf(error);
        if (end - start < 40 || bytes[start] >> 4 != 6) return (0, 0);
        (int at, int next) = (start + 40, bytes[start + 6]);
        while (next is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.DestinationOptions or IpProtocol.Fragment)
        {
            if (end - at < 8) return (0, 0);
            bool fragment = next == IpProtocol.Fragment;
            if (fragment && (Wire.Word(bytes, at + 2) & 0xFFF8) != 0) return (0, 0);
            next = bytes[at];
            at += fragment ? 8 : (bytes[at + 1] + 1) * 8;
        }

        return (at, next);
    }
}
