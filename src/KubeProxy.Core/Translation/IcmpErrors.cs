using System.Buffers.Binary;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Translation;

/// <summary>What the errors of both families share: length limits, and the extension behind the quoted packet (RFC 4884).</summary>
internal static unsafe class IcmpErrors
{
    private const uint MaxIp4Bytes = 576;
    private const uint Limit4 = MaxIp4Bytes - Ip4Header.MinimumBytes - IcmpMessage.HeaderBytes;
    private const uint Limit6 = IcmpMap.LeastMtu6 - Ip6Header.SizeBytes - IcmpMessage.HeaderBytes;
    private const uint LeastExtendedBytes = 128;
    private const uint LongBytes = 8;

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
    /// How many bytes of a message are an extension, whose quote has <paramref name="quotedBytes"/>: none behind less than RFC 4884 section 3 demands, which
    /// no receiver takes for one.
    /// </summary>
    public static uint ExtensionBytes(uint messageBytes, uint quotedBytes) => quotedBytes < LeastExtendedBytes ? 0 : messageBytes - quotedBytes;

    /// <summary>
    /// Makes room for an extension behind <paramref name="quotedBytes"/> of an ICMPv6 error: it begins at a multiple of 8 bytes, not before byte 128
    /// (RFC 4884 section 3). Only "unreachable" and "time exceeded" have extensions.
    /// </summary>
    public static void Fit6(QuotedPacket* quote, IcmpKind kind, uint quotedBytes) =>
        Fit(quote, quotedBytes, LongBytes, mayExtend: kind.Type is 1 or 3);

    /// <summary>
    /// <see cref="Fit6"/> of an ICMP error, whose extension begins at a multiple of 4 bytes, where what every host takes has room for it. The types of ICMPv6
    /// that have extensions become such as have them.
    /// </summary>
    public static void Fit4(QuotedPacket* quote, uint quotedBytes) => Fit(quote, quotedBytes, sizeof(uint), mayExtend: quotedBytes < Limit4);

    /// <summary>Writes the header of an ICMPv6 error, all but its checksum, puts the quote in its place and cuts what is too long; answers the message's length.</summary>
    public static uint Finish6(byte* icmp, IcmpKind kind, uint quotedBytes, QuotedPacket* quote)
    {
        uint whole = Place(icmp, kind, quotedBytes, quote);
        if (quote->ExtensionBytes != 0) icmp[4] = (byte)(whole / LongBytes);
        return IcmpMessage.HeaderBytes + Math.Min(whole + quote->ExtensionBytes, Limit6);
    }

    /// <summary><see cref="Finish6"/> of an ICMP error: no longer than every host takes.</summary>
    public static uint Finish4(byte* icmp, IcmpKind kind, uint quotedBytes, QuotedPacket* quote)
    {
        uint whole = Place(icmp, kind, quotedBytes, quote);
        if (quote->ExtensionBytes != 0) icmp[5] = (byte)(whole / sizeof(uint));
        return IcmpMessage.HeaderBytes + Math.Min(whole + quote->ExtensionBytes, Limit4);
    }

    private static void Fit(QuotedPacket* quote, uint quotedBytes, uint wordBytes, bool mayExtend)
    {
        if (!mayExtend) quote->ExtensionBytes = 0;
        uint aligned = (quotedBytes + wordBytes - 1) & ~(wordBytes - 1);
        quote->PaddingBytes = quote->ExtensionBytes == 0 ? 0 : Math.Max(aligned, LeastExtendedBytes) - quotedBytes;
    }

    /// <summary>Moves the quote, which lies directly in front of the extension, to where zeros fit between them; answers its bytes with theirs.</summary>
    private static uint Place(byte* icmp, IcmpKind kind, uint quotedBytes, QuotedPacket* quote)
    {
        byte* quoted = icmp + IcmpMessage.HeaderBytes;
        if (quote->PaddingBytes != 0)
        {
            Buffer.MemoryCopy(quoted + quote->PaddingBytes, quoted, quotedBytes, quotedBytes);
            NativeMemory.Clear(quoted + quotedBytes, quote->PaddingBytes);
        }

        WriteHeader(icmp, kind);
        return quotedBytes + quote->PaddingBytes;
    }

    private static void WriteHeader(byte* icmp, IcmpKind kind)
    {
        *(uint*)icmp = kind.Type | ((uint)kind.Code << 8);
        ((uint*)icmp)[1] = BinaryPrimitives.ReverseEndianness(kind.Rest);
    }
}
