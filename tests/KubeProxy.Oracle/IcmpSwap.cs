using System.Buffers.Binary;
using System.Net;

namespace KubeProxy.Oracle;

/// <summary>An ICMP error of one family, with the packet that it quotes, as one of the other (RFC 7915, sections 4.2, 4.3, 5.2 and 5.3).</summary>
internal static class IcmpSwap
{
    private const int MostBytesIp4 = 576;
    private const int MostBytesIp6 = 1280;
    private const int LeastOriginalBytes = 128;

    /// <summary>Type, code and rest of an error.</summary>
    public static IcmpHead HeadOf(PlainPacket error) =>
        new(error.Bytes[error.L4], error.Bytes[error.L4 + 1], BinaryPrimitives.ReadUInt32BigEndian(error.Bytes.AsSpan(error.L4 + 4)));

    /// <summary>What the error is in the other family; null for nothing.</summary>
    public static IcmpHead? Counterpart(PlainPacket error)
    {
        int start = error.L4 + 8;
        int quoted = !error.Ip6 && error.End - start >= 4 ? Wire.Word(error.Bytes, start + 2) : 0;
        return error.Ip6 ? IcmpTable.ToIp4(HeadOf(error)) : IcmpTable.ToIp6(HeadOf(error), quoted);
    }

    /// <summary>The error between new ends, about a packet between new ends. Identifications of IPv4 headers are those that were seen.</summary>
    public static byte[] Translate(PlainPacket error, Quote quote, IcmpHead head, Ends outer, Ends quoted, Seen seen)
    {
        byte[] original = Quoted(error, quote, quoted, seen);
        (byte[] padded, byte[] extension) = Extend(original, head, !error.Ip6, Extension(error));
        byte[] message = [(byte)head.Type, (byte)head.Code, 0, 0, 0, 0, 0, 0, .. padded, .. extension];
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), (uint)head.Rest);
        if (extension.Length > 0) message[error.Ip6 ? 5 : 4] = (byte)(padded.Length / WordBytes(!error.Ip6));
        return Enclose(error, message, outer, Identification(seen.Packet, 0));
    }

    /// <summary>What stands as identification in a packet that was seen, at the header that begins at <paramref name="at"/>.</summary>
    public static int Identification(byte[] seen, int at) => seen.Length >= at + 6 ? Wire.Word(seen, at + 4) : 0;

    private static byte[] Enclose(PlainPacket error, byte[] message, Ends outer, int identification)
    {
        bool toIp6 = !error.Ip6;
        int room = toIp6 ? MostBytesIp6 - 40 : MostBytesIp4 - 20;
        if (message.Length > room) message = message[..room];
        byte[] header = toIp6
            ? FamilySwap.HeaderOfIp6(error.Bytes, 0, error.L4, outer)
            : FamilySwap.HeaderOfIp4(error.Bytes, 0, error.L4, IpProtocol.Icmp6, outer, identification);
        SetLength(header, message.Length, toIp6);
        int sum = Wire.Sum(message);
        if (toIp6) sum += Wire.Sum(outer.Source, outer.Destination) + message.Length + IpProtocol.Icmp6;
        Wire.SetWord(message, 2, Wire.ChecksumFor(0, sum % 65535));
        return [.. header, .. message];
    }

    private static void SetLength(byte[] header, int messageBytes, bool ip6)
    {
        Wire.SetWord(header, ip6 ? 4 : 2, ip6 ? messageBytes : 20 + messageBytes);
        if (ip6) return;
        header[6] = 0;
        Wire.SetWord(header, 10, 0);
        Wire.SetWord(header, 10, Wire.ChecksumFor(0, Wire.Sum(header)));
    }

    /// <summary>
    /// RFC 4884, section 3: an extension follows an original datagram of whole words and 128 bytes at least, filled up with zeros; section 4: in messages of
    /// three ICMP types and two of ICMPv6. "Fragmentation needed" comes from a type that has none.
    /// </summary>
    private static (byte[] Original, byte[] Extension) Extend(byte[] original, IcmpHead head, bool toIp6, byte[] extension)
    {
        bool mayExtend = toIp6 ? head.Type is 1 or 3 : head.Type is 11 || (head.Type is 3 && head.Code != 4);
        bool isLong = !toIp6 && original.Length >= MostBytesIp4 - 28;
        if (!mayExtend || isLong || extension.Length == 0) return (original, []);
        int length = Math.Max(LeastOriginalBytes, original.Length);
        while (length % WordBytes(toIp6) != 0) length++;
        return ([.. original, .. new byte[length - original.Length]], extension);
    }

    /// <summary>What follows less than 128 bytes is no extension.</summary>
    private static byte[] Extension(PlainPacket error)
    {
        int end = OriginalEnd(error);
        return end - error.L4 - 8 < LeastOriginalBytes ? [] : error.Bytes[end..error.End];
    }

    private static int OriginalEnd(PlainPacket error)
    {
        int start = error.L4 + 8;
        int length = Quote.LengthField(error) * WordBytes(error.Ip6);
        return length == 0 ? error.End : Math.Min(error.End, start + length);
    }

    private static int WordBytes(bool ip6) => ip6 ? 8 : 4;

    private static byte[] Quoted(PlainPacket error, Quote quote, Ends ends, Seen seen)
    {
        byte[] header = error.Ip6
            ? FamilySwap.HeaderOfIp4(error.Bytes, quote.Start, quote.L4, quote.Protocol, ends, Identification(seen.Packet, 28))
            : FamilySwap.HeaderOfIp6(error.Bytes, quote.Start, quote.L4, ends);
        byte[] rest = error.Bytes[quote.L4..OriginalEnd(error)];
        Rewriter.SetPorts(rest, 0, ends);
        quote.Follow(rest, quote.L4, ends);
        return [.. header, .. rest];
    }
}
