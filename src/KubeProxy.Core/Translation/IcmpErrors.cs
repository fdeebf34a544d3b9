using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Translation;

/// <summary>What the errors of both families share: length limits, and the extension behind the quoted packet (RFC 4884).</summary>
internal static unsafe class IcmpErrors
{
    private const uint MaxIp4Bytes = 576;
    private const uint LongBytes = 8;
    private const byte TimeExceeded4 = 11;
    private const byte Unreachable4 = 3;
    private const byte FragmentationNeeded = 4;

    /// <summary>
    /// True when the quoted packet can be translated as far as it is quoted: of ICMP only an echo, for translation stops at the first packet
    /// inside a packet (RFC 7915 section 4.3).
    /// </summary>
    public static bool IsQuotable(byte protocol, byte* l4, uint l4Bytes)
    {
        if (l4Bytes < IcmpQuote.MinimumL4Bytes) return false;
        return protocol switch
        {
            IpProtocol.Icmp => l4[0] is IcmpMessage.EchoRequest4 or IcmpMessage.EchoReply4,
            IpProtocol.Icmp6 => l4[0] is IcmpMessage.EchoRequest6 or IcmpMessage.EchoReply6,
            _ => true,
        };
    }

    /// <summary>Sum of the pseudo header of an ICMPv6 message of this length.</summary>
    public static ulong PseudoSum6(Ip6Header* ip, uint lengthBytes) =>
        Ip6Family.IcmpPseudoSum((byte*)ip, lengthBytes);

    /// <summary>
    /// Writes the header of an ICMPv6 error, all but its checksum, cuts what is too long and pulls an extension close; answers the message's
    /// length. An extension begins at a multiple of 8 bytes: up to 7 of the quoted packet are given up for that.
    /// </summary>
    public static uint Finish6(byte* icmp, IcmpKind kind, uint quotedBytes, QuotedPacket* quote)
    {
        uint limit = IcmpMap.LeastMtu6 - Ip6Header.SizeBytes - IcmpMessage.HeaderBytes;
        bool isExtended = quote->ExtensionBytes != 0 && kind.Type is 1 or 3 && quotedBytes < limit;
        uint whole = isExtended ? quotedBytes & ~(LongBytes - 1) : quotedBytes;
        WriteHeader(icmp, kind);
        if (isExtended) icmp[4] = (byte)(whole / LongBytes);
        return IcmpMessage.HeaderBytes + Join(icmp, quotedBytes, whole, isExtended ? quote->ExtensionBytes : 0, limit);
    }

    /// <summary><see cref="Finish6"/> of an ICMP error: no longer than every host takes, and an extension at a multiple of 4 bytes.</summary>
    public static uint Finish4(byte* icmp, IcmpKind kind, uint quotedBytes, QuotedPacket* quote)
    {
        uint limit = MaxIp4Bytes - Ip4Header.MinimumBytes - IcmpMessage.HeaderBytes;
        bool mayExtend = kind.Type == TimeExceeded4 || (kind.Type == Unreachable4 && kind.Code != FragmentationNeeded);
        bool isExtended = quote->ExtensionBytes != 0 && mayExtend && quotedBytes < limit;
        uint whole = isExtended ? quotedBytes & ~(uint)(sizeof(uint) - 1) : quotedBytes;
        WriteHeader(icmp, kind);
        if (isExtended) icmp[5] = (byte)(whole / sizeof(uint));
        return IcmpMessage.HeaderBytes + Join(icmp, quotedBytes, whole, isExtended ? quote->ExtensionBytes : 0, limit);
    }

    private static uint Join(byte* icmp, uint quotedBytes, uint wholeBytes, uint extensionBytes, uint limit)
    {
        byte* quoted = icmp + IcmpMessage.HeaderBytes;
        if (extensionBytes != 0 && wholeBytes != quotedBytes)
            Buffer.MemoryCopy(quoted + quotedBytes, quoted + wholeBytes, extensionBytes, extensionBytes);
        return Math.Min(wholeBytes + extensionBytes, limit);
    }

    private static void WriteHeader(byte* icmp, IcmpKind kind)
    {
        *(uint*)icmp = kind.Type | ((uint)kind.Code << 8);
        ((uint*)icmp)[1] = BinaryPrimitives.ReverseEndianness(kind.Rest);
    }
}
