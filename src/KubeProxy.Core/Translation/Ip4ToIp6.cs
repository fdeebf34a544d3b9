using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Translation;

/// <summary>
/// Makes an IPv6 packet of an IPv4 packet (RFC 7915 section 4). Nothing of the packet is fragmented here, and no hop is counted: the host
/// does both. Its far end gets an address in a prefix, its near end, the VIP or the masquerade's address, the IPv4-mapped one:
/// <code>
///   [ far → near │ TCP, UDP ... ]                    ─▶ [ prefix::far → ::ffff:near │ TCP, UDP ... ]
///   [ router → near │ ICMP error │ near → far ... ]  ─▶ [ prefix::router → ::ffff:near │ ICMPv6 error │ ::ffff:near → prefix::far ... ]
/// </code>
/// </summary>
public static unsafe partial class Ip4ToIp6
{
    private const byte LooseSourceRoute = 131;
    private const byte StrictSourceRoute = 137;
    private const byte NoOperation = 1;
    private const uint RouteBytes = 3;

    /// <summary>Translates a packet; when the answer is not <see cref="Outcome.Translated"/>, it is as it was.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="far">Where the IPv4 address of the far end goes.</param>
    public static Outcome Translate(TranslatablePacket* packet, Prefix64* far)
    {
        Outcome outcome = Check(packet);
        return outcome == Outcome.Translated ? TranslateChecked(packet, far) : outcome;
    }

    /// <summary>The same for a packet that <see cref="Check"/> has found translatable.</summary>
    public static Outcome TranslateChecked(TranslatablePacket* packet, Prefix64* far)
    {
        Ip4Header ip = *(Ip4Header*)packet->Start;
        bool isFragment = IsFragment(&ip);
        if (ip.Protocol == IpProtocol.Icmp && !isFragment) return TranslateIcmp(packet, &ip, far);
        return isFragment ? TranslateFragment(packet, &ip, far) : TranslateWhole(packet, &ip, far);
    }

    /// <summary>
    /// A whole header of a protocol that means the same in IPv6, and no route that is not yet at its end (RFC 7915 section 4.1); other
    /// options are ignored.
    /// </summary>
    public static Outcome Check(TranslatablePacket* packet)
    {
        if (packet->AvailableBytes < Ip4Header.MinimumBytes) return Outcome.Truncated;
        Ip4Header* ip = (Ip4Header*)packet->Start;
        uint headerBytes = ip->LengthBytes;
        uint lengthBytes = Ip4Family.LengthBytes(packet->Start);
        bool isWhole = ip->VersionAndLength >> 4 == 4 && headerBytes >= Ip4Header.MinimumBytes && headerBytes <= packet->AvailableBytes
            && lengthBytes >= headerBytes && (packet->IsChained || lengthBytes <= packet->AvailableBytes);
        if (!isWhole) return Outcome.Truncated;
        bool isOther = ip->Protocol == IpProtocol.Icmp6 || Ip6Extensions.IsExtension(ip->Protocol);
        return isOther ? Outcome.NotTranslatable : CheckOptions(packet->Start, headerBytes);
    }

    /// <summary>True for a whole UDP datagram without a checksum, of which <see cref="Check"/> has nothing to say; one that a device is to compute is none.</summary>
    public static bool HasNoUdpChecksum(TranslatablePacket* packet)
    {
        Ip4Header* ip = (Ip4Header*)packet->Start;
        uint inOnePiece = Math.Min(Ip4Family.LengthBytes(packet->Start), packet->AvailableBytes) - ip->LengthBytes;
        return ip->Protocol == IpProtocol.Udp && !IsFragment(ip) && !packet->IsChecksumUnfinished
            && inOnePiece >= L4Header.UdpBytes && ((L4Header*)(packet->Start + ip->LengthBytes))->UdpChecksum == 0;
    }

    private static Outcome TranslateWhole(TranslatablePacket* packet, Ip4Header* ip, Prefix64* far)
    {
        byte* l4 = packet->Start + ip->LengthBytes;
        uint l4Bytes = Ip4Family.LengthBytes(packet->Start) - ip->LengthBytes;
        byte* start = l4 - Ip6Header.SizeBytes;
        if (!packet->HasRoom(start)) return Outcome.NotTranslatable;
        bool hasNoChecksum = HasNoUdpChecksum(packet);
        packet->MoveTo(start);
        Prefix64 mapped = Prefix64.Mapped;
        WriteHeader(start, ip, far, &mapped, l4Bytes, ip->Protocol);
        uint inOnePiece = Math.Min(l4Bytes, packet->AvailableBytes - Ip6Header.SizeBytes);
        if (hasNoChecksum) ComputeUdp(start, (L4Header*)l4, l4Bytes, inOnePiece);
        else _ = TransportChecksum.Update(l4, inOnePiece, ip->Protocol, AddressChange(ip, (Ip6Header*)start));
        return Outcome.Translated;
    }

    /// <summary>
    /// ICMP's checksum would need a pseudo header with a length that no fragment tells (RFC 7915 section 4): such a fragment is refused.
    /// The first fragment's checksum is the datagram's; the others have none. One of UDP without a checksum keeps it so, and is dropped for that.
    /// </summary>
    private static Outcome TranslateFragment(TranslatablePacket* packet, Ip4Header* ip, Prefix64* far)
    {
        if (ip->Protocol == IpProtocol.Icmp) return Outcome.NotTranslatable;
        byte* part = packet->Start + ip->LengthBytes;
        uint partBytes = Ip4Family.LengthBytes(packet->Start) - ip->LengthBytes;
        byte* start = part - Ip6FragmentHeader.SizeBytes - Ip6Header.SizeBytes;
        if (!packet->HasRoom(start)) return Outcome.NotTranslatable;
        packet->MoveTo(start);
        Prefix64 mapped = Prefix64.Mapped;
        WriteHeader(start, ip, far, &mapped, Ip6FragmentHeader.SizeBytes + partBytes, IpProtocol.Ip6Fragment);
        WriteFragmentHeader(start + Ip6Header.SizeBytes, ip, ip->Protocol);
        uint inOnePiece = Math.Min(partBytes, packet->AvailableBytes - Ip6Header.SizeBytes - Ip6FragmentHeader.SizeBytes);
        if ((ip->FragmentWire & Ip4Header.OffsetMaskWire) == 0)
            _ = TransportChecksum.Update(part, inOnePiece, ip->Protocol, AddressChange(ip, (Ip6Header*)start));
        return Outcome.Translated;
    }

    private static bool IsFragment(Ip4Header* ip) => (ip->FragmentWire & Ip4Header.FragmentMaskWire) != 0;

    /// <summary>Traffic class from TOS, flow label 0, hop limit as it is.</summary>
    private static void WriteHeader(byte* to, Ip4Header* ip, Prefix64* source, Prefix64* destination, uint payloadBytes, byte nextHeader)
    {
        Ip6Header* header = (Ip6Header*)to;
        uint service = ((byte*)ip)[1];
        header->VersionClassFlow = BinaryPrimitives.ReverseEndianness((6u << 28) | (service << 20));
        header->PayloadLengthWire = BinaryPrimitives.ReverseEndianness((ushort)payloadBytes);
        header->NextHeader = nextHeader;
        header->HopLimit = ip->TimeToLive;
        Prefix64.Embed(source, ip->Source, (byte*)&header->SourceFirst);
        Prefix64.Embed(destination, ip->Destination, (byte*)&header->DestinationFirst);
    }

    /// <summary>Offset and "more fragments" move by the three bits that IPv4 has in front and IPv6 behind; the identification is the low half.</summary>
    private static void WriteFragmentHeader(byte* to, Ip4Header* ip, byte protocol)
    {
        const ushort MoreFragments = 0x2000;
        const ushort OffsetMask = 0x1FFF;
        Ip6FragmentHeader* header = (Ip6FragmentHeader*)to;
        ushort fragment = BinaryPrimitives.ReverseEndianness(ip->FragmentWire);
        uint more = (fragment & MoreFragments) != 0 ? 1u : 0;
        *(ulong*)to = 0;
        header->NextHeader = protocol;
        header->OffsetWire = BinaryPrimitives.ReverseEndianness((ushort)(((uint)(fragment & OffsetMask) << 3) | more));
        header->IdentificationWire = (uint)ip->IdentificationWire << 16;
    }

    /// <summary>What other addresses change in the sum over a pseudo header.</summary>
    private static ulong AddressChange(Ip4Header* from, Ip6Header* to) =>
        InternetChecksum.Change32(from->Source, 0) + InternetChecksum.Change32(from->Destination, 0)
        + Ip6Family.Words(to->SourceFirst, to->SourceSecond) + Ip6Family.Words(to->DestinationFirst, to->DestinationSecond);

    /// <summary>IPv6 has no UDP without a checksum: it is computed, where the datagram lies in one piece (RFC 7915 section 4.5).</summary>
    private static void ComputeUdp(byte* start, L4Header* udp, uint l4Bytes, uint inOnePiece)
    {
        uint udpBytes = BinaryPrimitives.ReverseEndianness(udp->UdpLengthWire);
        if (inOnePiece != l4Bytes || udpBytes > l4Bytes || udpBytes < L4Header.UdpBytes) return;
        Ip6Header* ip = (Ip6Header*)start;
        ulong sum = InternetChecksum.Sum((byte*)udp, udpBytes) + udp->UdpLengthWire
            + BinaryPrimitives.ReverseEndianness((ushort)IpProtocol.Udp)
            + Ip6Family.Words(ip->SourceFirst, ip->SourceSecond) + Ip6Family.Words(ip->DestinationFirst, ip->DestinationSecond);
        ushort checksum = (ushort)~InternetChecksum.Fold(sum);
        udp->UdpChecksum = checksum == 0 ? ushort.MaxValue : checksum;
    }

    /// <summary>
    /// A source route whose pointer is not behind its last address is open (RFC 791 section 3.1); options that cannot be read are not translatable.
    /// </summary>
    private static Outcome CheckOptions(byte* start, uint headerBytes)
    {
        bool isOpen = false;
        for (uint offset = Ip4Header.MinimumBytes; offset < headerBytes;)
        {
            byte kind = start[offset];
            if (kind == 0) break;
            if (kind == NoOperation)
            {
                offset++;
                continue;
            }

            uint length = offset + 1 < headerBytes ? start[offset + 1] : 0u;
            bool isRoute = kind is LooseSourceRoute or StrictSourceRoute;
            if (length < (isRoute ? RouteBytes : 2) || offset + length > headerBytes) return Outcome.NotTranslatable;
            isOpen |= isRoute && start[offset + 2] <= length;
            offset += length;
        }

        return isOpen ? Outcome.OpenRoute : Outcome.Translated;
    }
}
