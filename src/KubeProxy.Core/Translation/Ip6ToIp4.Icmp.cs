using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Translation;

/// <summary>ICMPv6 (RFC 7915 sections 5.2 and 5.3): echoes, and errors with the packet that they quote.</summary>
public static unsafe partial class Ip6ToIp4
{
    private const int ExtensionLongsOffset = 4;
    private const byte Unreachable = 1;
    private const byte TimeExceeded = 3;

    private static Outcome TranslateIcmp(TranslatablePacket* packet, Ip6Header* ip, Prefix64* prefix, ushort identification)
    {
        IcmpMessage message;
        if (!Ip6Family.TryReadIcmp(packet->Start, packet->AvailableBytes, &message)) return Outcome.Truncated;
        if (Ip6Family.IsError(message.Type)) return TranslateError(packet, ip, &message, prefix, identification);
        if (message.Type is not (IcmpMessage.EchoRequest6 or IcmpMessage.EchoReply6)) return Outcome.IcmpNotSupported;
        Ip4Header to;
        if (!TryMap(ip, prefix, &to)) return Outcome.NotTranslatable;
        ulong pseudo = Ip6Family.IcmpPseudoSum(packet->Start, message.LengthBytes);
        ulong change = ChangeEcho(message.Start) + (ushort)~InternetChecksum.Fold(pseudo);
        *message.Checksum = InternetChecksum.Update(*message.Checksum, change);
        SetWhole(&to, Ip6Family.LengthBytes(packet->Start), identification);
        Finish(packet, ip, &to, message.Start, message.LengthBytes, IpProtocol.Icmp);
        return Outcome.Translated;
    }

    /// <summary>The type's counterpart; answers what that adds to a sum over the message.</summary>
    private static ulong ChangeEcho(byte* icmp)
    {
        ushort before = *(ushort*)icmp;
        icmp[0] = icmp[0] == IcmpMessage.EchoRequest6 ? IcmpMessage.EchoRequest4 : IcmpMessage.EchoReply4;
        return InternetChecksum.Change16(before, *(ushort*)icmp);
    }

    /// <summary>
    /// An error of one piece whose checksum is right. The quoted L4 header stays where it is; all that is in front of it moves back.
    /// </summary>
    private static Outcome TranslateError(TranslatablePacket* packet, Ip6Header* ip, IcmpMessage* message, Prefix64* prefix, ushort identification)
    {
        QuotedPacket quote;
        Ip6HeaderChain chain;
        Outcome outcome = ReadQuote(packet, message, &quote, &chain);
        if (outcome != Outcome.Translated) return outcome;
        uint rest = BinaryPrimitives.ReverseEndianness(((uint*)message->Start)[1]);
        IcmpKind kind = IcmpMap.ToIp4(message->Type, message->Start[1], rest);
        if (!kind.IsSome) return Outcome.IcmpNotSupported;
        Ip6Header inner = *(Ip6Header*)quote.Start;
        Ip4Header innerTo;
        Ip4Header to;
        if (!TryMap(&inner, prefix, &innerTo)) return Outcome.NotTranslatable;
        bool isMapped = TryMap(ip, prefix, &to);
        if (to.Destination == 0) return Outcome.NotTranslatable;
        if (!isMapped) to.Source = innerTo.Destination;

        TranslateQuote(&quote, &chain, &inner, &innerTo);
        uint quotedBytes = Ip4Header.MinimumBytes + quote.L4Bytes;
        IcmpErrors.Fit4(&quote, quotedBytes);

        // Padding is at most what the quoted header has lost: quotes with an extension had 128 bytes.
        byte* icmp = quote.L4 - Ip4Header.MinimumBytes - quote.PaddingBytes - IcmpMessage.HeaderBytes;
        uint bytes = IcmpErrors.Finish4(icmp, kind, quotedBytes, &quote);
        *(ushort*)(icmp + IcmpMessage.ChecksumOffset) = (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(icmp, bytes));
        SetWhole(&to, Ip6Header.SizeBytes + bytes, identification);
        Finish(packet, ip, &to, icmp, bytes, IpProtocol.Icmp);
        packet->AvailableBytes = Ip4Header.MinimumBytes + bytes;
        return Outcome.Translated;
    }

    private static Outcome ReadQuote(TranslatablePacket* packet, IcmpMessage* message, QuotedPacket* quote, Ip6HeaderChain* chain)
    {
        if (packet->IsChained || message->LengthBytes > message->AvailableBytes) return Outcome.IcmpQuote;
        ulong sum = InternetChecksum.Sum(message->Start, message->LengthBytes) + Ip6Family.IcmpPseudoSum(packet->Start, message->LengthBytes);
        if (InternetChecksum.Fold(sum) != ushort.MaxValue) return Outcome.IcmpDamaged;
        quote->Start = message->Start + IcmpMessage.HeaderBytes;
        uint bytes = message->LengthBytes - IcmpMessage.HeaderBytes;
        bool mayExtend = message->Type is Unreachable or TimeExceeded;
        uint quotedBytes = mayExtend ? Math.Min(bytes, message->Start[ExtensionLongsOffset] * (uint)sizeof(ulong)) : bytes;
        if (quotedBytes == 0) quotedBytes = bytes;
        if (quotedBytes < Ip6Header.SizeBytes || quote->Start[0] >> 4 != 6) return Outcome.IcmpQuote;
        bool isRead = Ip6HeaderChain.Read(quote->Start, quotedBytes, chain) == Outcome.Translated && chain->Protocol != IpProtocol.Icmp
            && Ip6Family.LengthBytes(quote->Start) >= chain->LengthBytes;
        if (!isRead) return Outcome.IcmpQuote;
        quote->L4 = quote->Start + chain->LengthBytes;
        quote->L4Bytes = quotedBytes - chain->LengthBytes;
        quote->ExtensionBytes = IcmpErrors.ExtensionBytes(bytes, quotedBytes);
        return IcmpErrors.IsQuotable(chain->Protocol, quote->L4, quote->L4Bytes) ? Outcome.Translated : Outcome.IcmpQuote;
    }

    /// <summary>Its hops stay (RFC 7915 section 5.3), and its checksum is right if it was.</summary>
    private static void TranslateQuote(QuotedPacket* quote, Ip6HeaderChain* chain, Ip6Header* inner, Ip4Header* to)
    {
        uint lengthBytes = Ip6Family.LengthBytes((byte*)inner);
        uint wholeBytes = lengthBytes - chain->LengthBytes;
        if (chain->Fragment != null) SetFragment(to, chain->Fragment);
        else SetWhole(to, lengthBytes, identification: 0);
        bool isIcmp = chain->Protocol == IpProtocol.Icmp6;
        if (chain->IsFirst && !isIcmp) _ = TransportChecksum.Update(quote->L4, quote->L4Bytes, chain->Protocol, AddressChange(inner, to));
        if (chain->IsFirst && isIcmp)
        {
            ushort* checksum = (ushort*)(quote->L4 + IcmpMessage.ChecksumOffset);
            ulong pseudo = IcmpErrors.PseudoSum6(inner, wholeBytes);
            *checksum = InternetChecksum.Update(*checksum, ChangeEcho(quote->L4) + (ushort)~InternetChecksum.Fold(pseudo));
        }

        WriteHeader(quote->L4 - Ip4Header.MinimumBytes, inner, to, wholeBytes, isIcmp ? IpProtocol.Icmp : chain->Protocol);
    }
}
