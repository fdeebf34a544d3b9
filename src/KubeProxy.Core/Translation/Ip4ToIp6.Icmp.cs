using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Translation;

/// <summary>ICMP (RFC 7915 sections 4.2 and 4.3): echoes, and errors with the packet that they quote.</summary>
public static unsafe partial class Ip4ToIp6
{
    private const int ExtensionWordsOffset = 5;

    private static Outcome TranslateIcmp(TranslatablePacket* packet, Ip4Header* ip, Prefix64* far)
    {
        IcmpMessage message;
        if (!Ip4Family.TryReadIcmp(packet->Start, packet->AvailableBytes, &message)) return Outcome.Truncated;
        if (message.Type is IcmpMessage.EchoRequest4 or IcmpMessage.EchoReply4) return TranslateEcho(packet, ip, &message, far);
        return Ip4Family.IsError(message.Type) ? TranslateError(packet, ip, &message, far) : Outcome.IcmpNotSupported;
    }

    /// <summary>The checksum follows the type and gains a pseudo header, whatever lies in other pieces.</summary>
    private static Outcome TranslateEcho(TranslatablePacket* packet, Ip4Header* ip, IcmpMessage* message, Prefix64* far)
    {
        byte* start = message->Start - Ip6Header.SizeBytes;
        if (!packet->HasRoom(start)) return Outcome.NotTranslatable;
        packet->MoveTo(start);
        Prefix64 mapped = Prefix64.Mapped;
        WriteHeader(start, ip, far, &mapped, message->LengthBytes, IpProtocol.Icmp6);
        ulong change = ChangeEcho(message->Start) + Ip6Family.IcmpPseudoSum(start, message->LengthBytes);
        *message->Checksum = InternetChecksum.Update(*message->Checksum, change);
        return Outcome.Translated;
    }

    /// <summary>The type's counterpart; answers what that adds to a sum over the message.</summary>
    private static ulong ChangeEcho(byte* icmp)
    {
        ushort before = *(ushort*)icmp;
        icmp[0] = icmp[0] == IcmpMessage.EchoRequest4 ? IcmpMessage.EchoRequest6 : IcmpMessage.EchoReply6;
        return InternetChecksum.Change16(before, *(ushort*)icmp);
    }

    /// <summary>
    /// An error of one piece whose checksums are right. The quoted L4 header stays where it is; all that is in front of it moves forward.
    /// </summary>
    private static Outcome TranslateError(TranslatablePacket* packet, Ip4Header* ip, IcmpMessage* message, Prefix64* far)
    {
        QuotedPacket quote;
        Outcome outcome = ReadQuote(packet, message, &quote);
        if (outcome != Outcome.Translated) return outcome;
        Ip4Header inner = *(Ip4Header*)quote.Start;
        uint rest = BinaryPrimitives.ReverseEndianness(((uint*)message->Start)[1]);
        IcmpKind kind = IcmpMap.ToIp6(message->Type, message->Start[1], rest, Ip4Family.LengthBytes(quote.Start));
        if (!kind.IsSome) return Outcome.IcmpNotSupported;

        uint innerHeaderBytes = Ip6Header.SizeBytes + (IsFragment(&inner) ? (uint)Ip6FragmentHeader.SizeBytes : 0);
        uint quotedBytes = innerHeaderBytes + quote.L4Bytes;
        IcmpErrors.Fit6(&quote, kind, quotedBytes);
        byte* icmp = quote.L4 - innerHeaderBytes - quote.PaddingBytes - IcmpMessage.HeaderBytes;
        byte* start = icmp - Ip6Header.SizeBytes;
        if (!packet->HasRoom(start)) return Outcome.NotTranslatable;
        packet->MoveTo(start);
        TranslateQuote(&quote, &inner, far, innerHeaderBytes);
        uint bytes = IcmpErrors.Finish6(icmp, kind, quotedBytes, &quote);
        packet->AvailableBytes = Ip6Header.SizeBytes + bytes;
        Prefix64 mapped = Prefix64.Mapped;
        WriteHeader(start, ip, far, &mapped, bytes, IpProtocol.Icmp6);
        *(ushort*)(icmp + IcmpMessage.ChecksumOffset) =
            (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(icmp, bytes) + Ip6Family.IcmpPseudoSum(start, bytes));
        return Outcome.Translated;
    }

    private static Outcome ReadQuote(TranslatablePacket* packet, IcmpMessage* message, QuotedPacket* quote)
    {
        if (packet->IsChained || message->LengthBytes > message->AvailableBytes) return Outcome.IcmpQuote;
        if (InternetChecksum.Fold(InternetChecksum.Sum(message->Start, message->LengthBytes)) != ushort.MaxValue) return Outcome.IcmpDamaged;
        quote->Start = message->Start + IcmpMessage.HeaderBytes;
        uint bytes = message->LengthBytes - IcmpMessage.HeaderBytes;
        uint quotedBytes = Math.Min(bytes, message->Start[ExtensionWordsOffset] * (uint)sizeof(uint));
        if (quotedBytes == 0) quotedBytes = bytes;
        if (quotedBytes < Ip4Header.MinimumBytes) return Outcome.IcmpQuote;
        Ip4Header* inner = (Ip4Header*)quote->Start;
        uint headerBytes = inner->LengthBytes;
        bool isHeader = inner->VersionAndLength >> 4 == 4 && headerBytes >= Ip4Header.MinimumBytes && headerBytes <= quotedBytes
            && Ip4Family.LengthBytes(quote->Start) >= headerBytes;
        if (!isHeader || !IcmpErrors.IsQuotable(inner->Protocol, quote->Start + headerBytes, quotedBytes - headerBytes)) return Outcome.IcmpQuote;
        if (InternetChecksum.Fold(InternetChecksum.Sum(quote->Start, headerBytes)) != ushort.MaxValue) return Outcome.IcmpDamaged;
        quote->L4 = quote->Start + headerBytes;
        quote->L4Bytes = quotedBytes - headerBytes;
        quote->ExtensionBytes = IcmpErrors.ExtensionBytes(bytes, quotedBytes);
        return Outcome.Translated;
    }

    /// <summary>The near end is the quoted packet's source. Its hops stay (RFC 7915 section 4.3), and its checksum is right if it was.</summary>
    private static void TranslateQuote(QuotedPacket* quote, Ip4Header* inner, Prefix64* far, uint headerBytes)
    {
        byte* start = quote->L4 - headerBytes;
        uint wholeBytes = Ip4Family.LengthBytes((byte*)inner) - inner->LengthBytes;
        bool isFragment = headerBytes != Ip6Header.SizeBytes;
        bool isIcmp = inner->Protocol == IpProtocol.Icmp;
        byte protocol = isIcmp ? IpProtocol.Icmp6 : inner->Protocol;
        bool isFirst = (inner->FragmentWire & Ip4Header.OffsetMaskWire) == 0;
        Prefix64 mapped = Prefix64.Mapped;
        WriteHeader(start, inner, &mapped, far, headerBytes - Ip6Header.SizeBytes + wholeBytes, isFragment ? IpProtocol.Ip6Fragment : protocol);
        if (isFragment) WriteFragmentHeader(start + Ip6Header.SizeBytes, inner, protocol);
        if (!isFirst) return;
        if (!isIcmp)
        {
            _ = TransportChecksum.Update(quote->L4, quote->L4Bytes, protocol, AddressChange(inner, (Ip6Header*)start));
            return;
        }

        ushort* checksum = (ushort*)(quote->L4 + IcmpMessage.ChecksumOffset);
        ulong change = ChangeEcho(quote->L4) + IcmpErrors.PseudoSum6((Ip6Header*)start, wholeBytes);
        *checksum = InternetChecksum.Update(*checksum, change);
    }
}
