using System.Buffers.Binary;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>IPv6 for refusals.</summary>
public readonly unsafe struct Ip6Reject : IRejectFamily
{
    /// <summary>Hops that an answer may take.</summary>
    public const byte HopLimit = 64;

    private const uint Version6Wire = 0x60;
    private const byte MulticastFirstByte = 0xFF;
    private const ulong LoopbackSecondWire = 1UL << 56;

    /// <inheritdoc/>
    public static uint HeaderBytes => Ip6Header.SizeBytes;

    /// <summary>The minimum MTU: RFC 4443 section 2.4 (c).</summary>
    public static uint MaxErrorBytes => 1280;

    /// <inheritdoc/>
    public static byte IcmpProtocol => IpProtocol.Icmp6;

    /// <summary>Type 1, code 4 (RFC 4443 section 3.1).</summary>
    public static ushort PortUnreachableWire => 0x0401;

    /// <summary>Type 3, code 0 (RFC 4443 section 3.3).</summary>
    public static ushort TimeExceededWire => 0x0003;

    /// <summary>Type 1, code 1 (RFC 4443 section 3.1).</summary>
    public static ushort ProhibitedWire => 0x0101;

    /// <summary>Type 1, code 0: the counterpart of IPv4's (RFC 7915 section 4.2).</summary>
    public static ushort SourceRouteFailedWire => 0x0001;

    /// <summary>Type 2, code 0 (RFC 4443 section 3.2).</summary>
    public static ushort TooBigWire => 0x0002;

    /// <summary>Type 129, code 0 (RFC 4443 section 4.2).</summary>
    public static ushort EchoReplyWire => IcmpMessage.EchoReply6;

    /// <inheritdoc/>
    public static bool IcmpHasPseudoHeader => true;

    /// <summary>RFC 8200 section 8.1.</summary>
    public static bool AllowsNoUdpChecksum => false;

    /// <inheritdoc/>
    public static bool TryRead(RejectPacket* packet, RejectSegment* segment)
    {
        if (packet->AvailableBytes < Ip6Header.SizeBytes) return false;
        uint lengthBytes = Ip6Family.LengthBytes(packet->Start);
        if (!Ip6Extensions.TryPassOver(packet->Start, Math.Min(packet->AvailableBytes, lengthBytes), out byte protocol, out uint offset)) return false;
        segment->Protocol = protocol;
        segment->OffsetBytes = offset;
        segment->LengthBytes = lengthBytes - offset;
        return true;
    }

    /// <summary>RFC 4443 section 2.4 (e.3) and (e.6); loopback never comes from a link (RFC 4291 section 2.5.3).</summary>
    public static bool HasAnswerableAddresses(byte* packet)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        bool isSame = ip->SourceFirst == ip->DestinationFirst && ip->SourceSecond == ip->DestinationSecond;
        return !isSame && IsOneHost(ip->SourceFirst, ip->SourceSecond) && IsOneHost(ip->DestinationFirst, ip->DestinationSecond);
    }

    /// <summary>
    /// RFC 4443 section 2.4 (e.1) and (e.2). Of ICMPv6 only echo requests are surely no error. A later fragment is told of, unless it came over IPv4
    /// (RFC 1122 section 3.2.2).
    /// </summary>
    public static bool MayBeQuoted(RejectPacket* packet, uint* lengthBytes)
    {
        if (packet->AvailableBytes <= Ip6Header.SizeBytes || IsLaterFragmentOfIp4(packet)) return false;
        *lengthBytes = Ip6Family.LengthBytes(packet->Start);
        return *lengthBytes > Ip6Header.SizeBytes
            && (((Ip6Header*)packet->Start)->NextHeader != IcmpProtocol || packet->Start[Ip6Header.SizeBytes] == IcmpMessage.EchoRequest6);
    }

    /// <inheritdoc/>
    public static void SetSource(byte* answer, byte* address) => _ = Ip6Family.SetSourceAddress(answer, address);

    /// <inheritdoc/>
    public static ulong AddressSum(byte* packet)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        return Ip6Family.Words(ip->SourceFirst, ip->SourceSecond) + Ip6Family.Words(ip->DestinationFirst, ip->DestinationSecond);
    }

    /// <inheritdoc/>
    public static void WriteHeader(byte* answer, byte* packet, byte protocol, uint bodyBytes, ushort identification)
    {
        Ip6Header refused = *(Ip6Header*)packet;
        Ip6Header* ip = (Ip6Header*)answer;
        ip->VersionClassFlow = Version6Wire;
        ip->PayloadLengthWire = BinaryPrimitives.ReverseEndianness((ushort)bodyBytes);
        ip->NextHeader = protocol;
        ip->HopLimit = HopLimit;
        ip->SourceFirst = refused.DestinationFirst;
        ip->SourceSecond = refused.DestinationSecond;
        ip->DestinationFirst = refused.SourceFirst;
        ip->DestinationSecond = refused.SourceSecond;
    }

    /// <inheritdoc/>
    public static void TurnRound(byte* packet)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        (ip->SourceFirst, ip->DestinationFirst) = (ip->DestinationFirst, ip->SourceFirst);
        (ip->SourceSecond, ip->DestinationSecond) = (ip->DestinationSecond, ip->SourceSecond);
        ip->HopLimit = HopLimit;
    }

    /// <summary>The destination of what came over IPv4 is an IPv4-mapped address.</summary>
    private static bool IsLaterFragmentOfIp4(RejectPacket* packet)
    {
        Ip6Header* ip = (Ip6Header*)packet->Start;
        return ip->NextHeader == IpProtocol.Ip6Fragment && Prefix64.IsMapped(ip->DestinationFirst, ip->DestinationSecond)
            && packet->AvailableBytes >= Ip6Header.SizeBytes + Ip6FragmentHeader.SizeBytes
            && (((Ip6FragmentHeader*)(ip + 1))->OffsetWire & Ip6FragmentHeader.OffsetMaskWire) != 0;
    }

    private static bool IsOneHost(ulong first, ulong second) =>
        (byte)first != MulticastFirstByte && !(first == 0 && second is 0 or LoopbackSecondWire);
}
