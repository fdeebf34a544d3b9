using System.Net;

namespace KubeProxy.Oracle;

/// <summary>What an IP packet is to a translator, before anybody asks whose it is.</summary>
public enum Shape
{
    Whole,
    HeaderCut,
    Fragment,
    ExtensionHeader,
}

/// <summary>What the first fragment of a datagram has and the others have not: ports, and a TCP segment's flags.</summary>
public sealed record ToldPorts(int Source, int Destination, int TcpFlags);

/// <summary>An IP packet read byte by byte: a packet library refuses most of what this is for, packets whose lengths lie.</summary>
public sealed class PlainPacket
{
    private const int MostHeaders = 8;

    /// <summary>Reads a packet. Of a fragment of TCP or UDP somebody may have told the ports of its datagram: then it goes its own way.</summary>
    public PlainPacket(byte[] bytes, ToldPorts? told = null)
    {
        Bytes = bytes;
        Ip6 = bytes.Length > 0 && bytes[0] >> 4 == 6;
        Shape = Ip6 ? ReadIp6() : ReadIp4();
        if (told != null && Shape == Shape.Fragment && Protocol is IpProtocol.Tcp or IpProtocol.Udp) (_told, Shape) = (told, Shape.Whole);
        int headerBytes = IpProtocol.HeaderBytes(Protocol, Ip6);
        bool isCut = IsLaterPart ? PartOffset < headerBytes : End - L4 < headerBytes;
        if (Shape == Shape.Whole && isCut) Shape = Shape.HeaderCut;
    }

    private readonly ToldPorts? _told;

    public byte[] Bytes { get; }

    /// <summary>A fragment whose ports are known.</summary>
    public bool IsPart => _told != null;

    /// <summary>Such a fragment without the datagram's header.</summary>
    public bool IsLaterPart => PartOffset != 0;

    /// <summary>The told flags of the segment that it is a fragment of.</summary>
    public int? TcpFlags => _told?.TcpFlags;

    /// <summary>Where such a fragment lies in its datagram; no byte of a transport header is taken from another one than the first (RFC 1858, RFC 7112).</summary>
    private int PartOffset => !IsPart ? 0 : Ip6 ? Wire.Word(Bytes, L4 - 6) & 0xFFF8 : (Wire.Word(Bytes, 6) & 0x1FFF) * 8;

    public bool Ip6 { get; }

    public Shape Shape { get; }

    public IPAddress Source { get; private set; } = IPAddress.Any;

    public IPAddress Destination { get; private set; } = IPAddress.Any;

    public int Protocol { get; private set; }

    public int Hops { get; private set; }

    /// <summary>Offset of what is behind the IP headers.</summary>
    public int L4 { get; private set; }

    /// <summary>Where the packet ends: by its own length, or where there is no more.</summary>
    public int End { get; private set; }

    /// <summary>The length that the header gives, IP header included.</summary>
    public int ClaimedBytes { get; private set; }

    public bool ClaimsMoreThanThereIs => ClaimedBytes > Bytes.Length;

    public bool MayNotBeCut => Ip6 || (Bytes[6] & 0x40) != 0;

    public bool HasPorts => IpProtocol.HasPorts(Protocol);

    public int SourcePort => _told != null ? _told.Source : HasPorts ? Wire.Word(Bytes, L4) : 0;

    public int DestinationPort => _told != null ? _told.Destination : HasPorts ? Wire.Word(Bytes, L4 + 2) : 0;

    public bool IsIcmp => Protocol == (Ip6 ? IpProtocol.Icmp6 : IpProtocol.Icmp);

    public int IcmpType => Bytes[L4];

    public bool IsEchoRequest => IsIcmp && IcmpType == (Ip6 ? 128 : 8);

    public bool IsEchoReply => IsIcmp && IcmpType == (Ip6 ? 129 : 0);

    public bool HasNoUdpChecksum => Protocol == IpProtocol.Udp && !IsLaterPart && Wire.Word(Bytes, L4 + 6) == 0;

    /// <summary>A UDP datagram whose own length fits into the packet.</summary>
    public bool HasUdpLength => Wire.Word(Bytes, L4 + 4) is int length && length >= 8 && length <= End - L4;

    private Shape ReadIp4()
    {
        if (Bytes.Length < 20) return Shape.HeaderCut;
        ClaimedBytes = Wire.Word(Bytes, 2);
        End = Math.Min(ClaimedBytes, Bytes.Length);
        L4 = (Bytes[0] & 15) * 4;
        Hops = Bytes[8];
        Protocol = Bytes[9];
        Source = Wire.Address(Bytes, 12, ip6: false);
        Destination = Wire.Address(Bytes, 16, ip6: false);
        if (L4 < 20 || L4 > End) return Shape.HeaderCut;
        return (Wire.Word(Bytes, 6) & 0x3FFF) != 0 ? AsFragment() : Shape.Whole;
    }

    private Shape ReadIp6()
    {
        if (Bytes.Length < 40) return Shape.HeaderCut;
        ClaimedBytes = 40 + Wire.Word(Bytes, 4);
        End = Math.Min(ClaimedBytes, Bytes.Length);
        L4 = 40;
        Protocol = Bytes[6];
        Hops = Bytes[7];
        Source = Wire.Address(Bytes, 8, ip6: true);
        Destination = Wire.Address(Bytes, 24, ip6: true);
        return Protocol switch
        {
            IpProtocol.Fragment => ReadFragmentHeader(),
            IpProtocol.Authentication or IpProtocol.Mobility or IpProtocol.HostIdentity or IpProtocol.Shim6 => Shape.ExtensionHeader,
            IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.DestinationOptions => PassHeaders(),
            _ => Shape.Whole,
        };
    }

    private Shape ReadFragmentHeader()
    {
        if (End - L4 < 8) return Shape.HeaderCut;
        Protocol = Bytes[L4];
        L4 += 8;
        return IsExtensionHeader(Protocol) ? Shape.Fragment : AsFragment();
    }

    /// <summary>A fragment of a protocol that has neither ports nor a checksum with addresses goes the way of its whole packets.</summary>
    private Shape AsFragment() => IpProtocol.HeaderBytes(Protocol, Ip6) > 0 ? Shape.Fragment : Shape.Whole;

    public static bool IsExtensionHeader(int protocol) => protocol is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.DestinationOptions or IpProtocol.Fragment
        or IpProtocol.Authentication or IpProtocol.Mobility or IpProtocol.HostIdentity or IpProtocol.Shim6;

    /// <summary>Passes hop-by-hop options in front, destination options, and routing headers that have been followed to their end (RFC 8200, section 4). A chain that is cut ends in no protocol.</summary>
    private Shape PassHeaders()
    {
        for (int count = 0; Protocol is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.DestinationOptions; count++)
        {
            if (count == MostHeaders || (Protocol == IpProtocol.HopByHop && count > 0)) return Shape.ExtensionHeader;
            if (End - L4 < 8) return Shape.ExtensionHeader;
            int bytes = (Bytes[L4 + 1] + 1) * 8;
            if (Protocol == IpProtocol.Routing && Bytes[L4 + 3] != 0) return Shape.ExtensionHeader;
            if (End - L4 < bytes) return Shape.ExtensionHeader;
            Protocol = Bytes[L4];
            L4 += bytes;
        }

        return Protocol is IpProtocol.Tcp or IpProtocol.Udp ? Shape.Whole : Shape.ExtensionHeader;
    }
}
