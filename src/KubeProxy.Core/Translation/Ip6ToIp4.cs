using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Translation;

/// <summary>
/// Makes an IPv4 packet of an IPv6 packet (RFC 7915 section 5) whose two ends stand for IPv4 addresses: as IPv4-mapped addresses, or in
/// the prefix.
/// <code>
///   [ ::ffff:a → prefix::b │ TCP, UDP ... ]                            ─▶ [ a → b │ TCP, UDP ... ]
///   [ router → ::ffff:b │ ICMPv6 error │ ::ffff:b → ::ffff:c ... ]     ─▶ [ c → b │ ICMP error │ b → c ... ]
/// </code>
/// A router that has no IPv4 address speaks with that of the host that the quoted packet was for (RFC 6791 asks for one of the
/// translator's).
/// </summary>
public static unsafe partial class Ip6ToIp4
{
    private const ushort DontFragment = 0x4000;
    private const ushort MoreFragments = 0x2000;

    /// <summary>Translates a packet without extension headers but for a fragment's; otherwise the answer says why not, and it is as it was.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="prefix">Where IPv4 addresses lie that are not mapped.</param>
    /// <param name="identification">Number of the packet for those on its way who fragment it; the pieces of a fragment keep theirs.</param>
    public static Outcome Translate(TranslatablePacket* packet, Prefix64* prefix, ushort identification)
    {
        if (packet->AvailableBytes < Ip6Header.SizeBytes || packet->Start[0] >> 4 != 6) return Outcome.Truncated;
        Ip6Header ip = *(Ip6Header*)packet->Start;
        uint lengthBytes = Ip6Family.LengthBytes(packet->Start);
        if (!packet->IsChained && lengthBytes > packet->AvailableBytes) return Outcome.Truncated;
        if (ip.NextHeader == IpProtocol.Ip6Fragment) return TranslateFragment(packet, &ip, prefix);
        if (ip.NextHeader == IpProtocol.Icmp || Ip6Extensions.IsExtension(ip.NextHeader)) return Outcome.NotTranslatable;
        if (ip.NextHeader == IpProtocol.Icmp6) return TranslateIcmp(packet, &ip, prefix, identification);

        Ip4Header to;
        if (!TryMap(&ip, prefix, &to)) return Outcome.NotTranslatable;
        byte* l4 = packet->Start + Ip6Header.SizeBytes;
        uint l4Bytes = lengthBytes - Ip6Header.SizeBytes;
        uint inOnePiece = Math.Min(l4Bytes, packet->AvailableBytes - Ip6Header.SizeBytes);
        _ = TransportChecksum.Update(l4, inOnePiece, ip.NextHeader, AddressChange(&ip, &to));
        SetWhole(&to, lengthBytes, identification);
        Finish(packet, &ip, &to, l4, l4Bytes, ip.NextHeader);
        return Outcome.Translated;
    }

    /// <summary>
    /// A fragment stays one: its offset, "more fragments" and the low half of its number (RFC 7915 section 5.1.1). One of ICMPv6 does not: see
    /// <see cref="Ip4ToIp6"/>.
    /// </summary>
    private static Outcome TranslateFragment(TranslatablePacket* packet, Ip6Header* ip, Prefix64* prefix)
    {
        const uint InFront = Ip6Header.SizeBytes + Ip6FragmentHeader.SizeBytes;
        uint lengthBytes = Ip6Family.LengthBytes(packet->Start);
        if (Math.Min(lengthBytes, packet->AvailableBytes) < InFront) return Outcome.Truncated;
        Ip6FragmentHeader fragment = *(Ip6FragmentHeader*)(packet->Start + Ip6Header.SizeBytes);
        Ip4Header to;
        bool hasCounterpart = fragment.NextHeader is not (IpProtocol.Icmp or IpProtocol.Icmp6) && !Ip6Extensions.IsExtension(fragment.NextHeader);
        if (!hasCounterpart || !TryMap(ip, prefix, &to)) return Outcome.NotTranslatable;
        byte* part = packet->Start + InFront;
        bool isFirst = (fragment.OffsetWire & Ip6FragmentHeader.OffsetMaskWire) == 0;
        if (isFirst)
        {
            uint inOnePiece = Math.Min(lengthBytes, packet->AvailableBytes) - InFront;
            _ = TransportChecksum.Update(part, inOnePiece, fragment.NextHeader, AddressChange(ip, &to));
        }

        SetFragment(&to, &fragment);
        Finish(packet, ip, &to, part, lengthBytes - InFront, fragment.NextHeader);
        return Outcome.Translated;
    }

    /// <summary>The addresses of both ends; false when one has none.</summary>
    private static bool TryMap(Ip6Header* ip, Prefix64* prefix, Ip4Header* to)
    {
        bool isMapped = TryMap((byte*)&ip->SourceFirst, prefix, out uint source) & TryMap((byte*)&ip->DestinationFirst, prefix, out uint destination);
        to->Source = source;
        to->Destination = destination;
        return isMapped;
    }

    private static bool TryMap(byte* address, Prefix64* prefix, out uint to)
    {
        Prefix64 mapped = Prefix64.Mapped;
        return Prefix64.TryExtract(&mapped, address, out to) || Prefix64.TryExtract(prefix, address, out to);
    }

    /// <summary>
    /// Up to the least MTU of IPv6, routers may fragment the packet; beyond, its sender knows the path's MTU (RFC 7915 section 5.1).
    /// </summary>
    private static void SetWhole(Ip4Header* to, uint ip6Bytes, ushort identification)
    {
        bool mayFragment = ip6Bytes <= IcmpMap.LeastMtu6;
        to->IdentificationWire = mayFragment ? BinaryPrimitives.ReverseEndianness(identification) : (ushort)0;
        to->FragmentWire = mayFragment ? (ushort)0 : BinaryPrimitives.ReverseEndianness(DontFragment);
    }

    private static void SetFragment(Ip4Header* to, Ip6FragmentHeader* fragment)
    {
        uint offset = BinaryPrimitives.ReverseEndianness(fragment->OffsetWire);
        uint more = (offset & 1) != 0 ? MoreFragments : 0u;
        to->IdentificationWire = (ushort)(fragment->IdentificationWire >> 16);
        to->FragmentWire = BinaryPrimitives.ReverseEndianness((ushort)((offset >> 3) | more));
    }

    /// <summary>Writes the header in front of what it is of: TOS from the traffic class, no options, time to live as it is.</summary>
    private static void Finish(TranslatablePacket* packet, Ip6Header* ip, Ip4Header* to, byte* body, uint bodyBytes, byte protocol)
    {
        packet->MoveTo(body - Ip4Header.MinimumBytes);
        WriteHeader(packet->Start, ip, to, bodyBytes, protocol);
    }

    /// <summary>The addresses and what concerns fragments are in the header already.</summary>
    private static void WriteHeader(byte* start, Ip6Header* ip, Ip4Header* header, uint bodyBytes, byte protocol)
    {
        const byte VersionAndLength = 0x45;
        header->VersionAndLength = VersionAndLength;
        ((byte*)header)[1] = (byte)(BinaryPrimitives.ReverseEndianness(ip->VersionClassFlow) >> 20);
        header->TotalLengthWire = BinaryPrimitives.ReverseEndianness((ushort)(Ip4Header.MinimumBytes + bodyBytes));
        header->TimeToLive = ip->HopLimit;
        header->Protocol = protocol;
        header->Checksum = 0;
        header->Checksum = (ushort)~InternetChecksum.Fold(InternetChecksum.Sum((byte*)header, Ip4Header.MinimumBytes));
        *(Ip4Header*)start = *header;
    }

    /// <summary>What other addresses change in the sum over a pseudo header.</summary>
    private static ulong AddressChange(Ip6Header* from, Ip4Header* to) =>
        Ip6Family.Words(~from->SourceFirst, ~from->SourceSecond) + Ip6Family.Words(~from->DestinationFirst, ~from->DestinationSecond)
        + to->Source + to->Destination;
}
