using System.Buffers.Binary;
using KubeProxy.Host.Ip;

namespace KubeProxy.Host.Nodes;

/// <summary>What differs between IPv4 and IPv6 in the nodes that serve both.</summary>
internal interface IIpFamily
{
    static abstract bool IsIp6 { get; }

    static abstract string ArcName { get; }

    static abstract string InputNode { get; }

    static abstract string LookupNode { get; }

    static abstract string RewriteNode { get; }

    static abstract string IncompleteNode { get; }

    static abstract string GleanNode { get; }

    static abstract string ReceiveNode { get; }

    static abstract string LocalArcName { get; }

    static abstract string LocalEndNode { get; }

    static abstract ushort EtherType { get; }

    /// <summary>Why a packet's header cannot be used, or null. The first buffer holds the header, the packet may be longer.</summary>
    static abstract IpInputError? Check(ReadOnlySpan<byte> packet, int totalBytes);

    static abstract IpAddr Destination(ReadOnlySpan<byte> packet);

    /// <summary>False if the packet may travel no further.</summary>
    static abstract bool TryDecrementHops(Span<byte> packet);

    static abstract int LengthBytes(ReadOnlySpan<byte> packet);
}

/// <summary>The reasons of ip4-input and ip6-input, in the order of <see cref="IpInput{T}.Reasons"/>.</summary>
internal enum IpInputError
{
    TooShort,
    BadVersion,
    BadLength,
    BadChecksum,
    NotEnabled,
    Multicast,
}

internal readonly struct Ip4Family : IIpFamily
{
    private const int HeaderBytes = 20;
    private const int HopsOffset = 8;
    private const int ChecksumOffset = 10;

    public static bool IsIp6 => false;

    public static string ArcName => "ip4-unicast";

    public static string InputNode => "ip4-input";

    public static string LookupNode => "ip4-lookup";

    public static string RewriteNode => "ip4-rewrite";

    public static string IncompleteNode => "ip4-arp";

    public static string GleanNode => "ip4-glean";

    public static string ReceiveNode => "ip4-receive";

    public static string LocalArcName => "ip4-local";

    public static string LocalEndNode => "ip4-local-end-of-arc";

    public static ushort EtherType => EthernetInput.TypeIp4;

    public static IpInputError? Check(ReadOnlySpan<byte> packet, int totalBytes)
    {
        if (packet.Length < HeaderBytes)
            return IpInputError.TooShort;
        int headerBytes = (packet[0] & 0xf) * 4;
        if (packet[0] >> 4 != 4 || headerBytes < HeaderBytes)
            return IpInputError.BadVersion;
        if (headerBytes > packet.Length || LengthBytes(packet) > totalBytes || LengthBytes(packet) < headerBytes)
            return IpInputError.BadLength;
        if (!Checksum.IsValid(packet[..headerBytes]))
            return IpInputError.BadChecksum;
        IpAddr destination = Destination(packet);
        return destination.IsMulticast || (uint)destination.Value == uint.MaxValue ? IpInputError.Multicast : null;
    }

    public static IpAddr Destination(ReadOnlySpan<byte> packet) => IpAddr.FromWire4(packet[16..]);

    public static int LengthBytes(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);

    /// <summary>One hop less, and 0x0100 more in the header checksum (RFC 1624).</summary>
    public static bool TryDecrementHops(Span<byte> packet)
    {
        if (packet[HopsOffset] <= 1)
            return false;
        packet[HopsOffset]--;
        uint checksum = BinaryPrimitives.ReadUInt16BigEndian(packet[ChecksumOffset..]) + 0x0100u;
        BinaryPrimitives.WriteUInt16BigEndian(packet[ChecksumOffset..], (ushort)(checksum + (checksum >= 0xffff ? 1u : 0u)));
        return true;
    }
}

internal readonly struct Ip6Family : IIpFamily
{
    private const int HeaderBytes = 40;
    private const int HopsOffset = 7;

    public static bool IsIp6 => true;

    public static string ArcName => "ip6-unicast";

    public static string InputNode => "ip6-input";

    public static string LookupNode => "ip6-lookup";

    public static string RewriteNode => "ip6-rewrite";

    public static string IncompleteNode => "ip6-discover-neighbor";

    public static string GleanNode => "ip6-glean";

    public static string ReceiveNode => "ip6-receive";

    public static string LocalArcName => "ip6-local";

    public static string LocalEndNode => "ip6-local-end-of-arc";

    public static ushort EtherType => EthernetInput.TypeIp6;

    public static IpInputError? Check(ReadOnlySpan<byte> packet, int totalBytes)
    {
        if (packet.Length < HeaderBytes)
            return IpInputError.TooShort;
        if (packet[0] >> 4 != 6)
            return IpInputError.BadVersion;
        return LengthBytes(packet) > totalBytes ? IpInputError.BadLength : null;
    }

    public static IpAddr Destination(ReadOnlySpan<byte> packet) => IpAddr.FromWire6(packet[24..]);

    public static int LengthBytes(ReadOnlySpan<byte> packet) => HeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);

    public static bool TryDecrementHops(Span<byte> packet)
    {
        if (packet[HopsOffset] <= 1)
            return false;
        packet[HopsOffset]--;
        return true;
    }
}
