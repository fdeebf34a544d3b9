using System.Buffers.Binary;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>IPv4 for refusals.</summary>
public readonly unsafe struct Ip4Reject : IRejectFamily
{
    /// <summary>Hops that an answer may take.</summary>
    public const byte TimeToLive = 64;

    /// <inheritdoc/>
    public static uint HeaderBytes => Ip4Header.MinimumBytes;

    /// <summary>RFC 1812 section 4.3.2.3.</summary>
    public static uint MaxErrorBytes => 576;

    /// <inheritdoc/>
    public static byte IcmpProtocol => IpProtocol.Icmp;

    /// <summary>Type 3, code 3 (RFC 792).</summary>
    public static ushort PortUnreachableWire => 0x0303;

    /// <summary>Type 11, code 0 (RFC 792).</summary>
    public static ushort TimeExceededWire => 0x000B;

    /// <summary>Type 3, code 13 (RFC 1812 section 5.2.7.1).</summary>
    public static ushort ProhibitedWire => 0x0D03;

    /// <summary>Type 3, code 5 (RFC 792).</summary>
    public static ushort SourceRouteFailedWire => 0x0503;

    /// <summary>Type 3, code 4 (RFC 1191 section 4).</summary>
    public static ushort TooBigWire => 0x0403;

    /// <summary>Type 0, code 0 (RFC 792).</summary>
    public static ushort EchoReplyWire => IcmpMessage.EchoReply4;

    /// <inheritdoc/>
    public static bool IcmpHasPseudoHeader => false;

    /// <summary>RFC 768.</summary>
    public static bool AllowsNoUdpChecksum => true;

    /// <inheritdoc/>
    public static bool TryRead(RejectPacket* packet, RejectSegment* segment)
    {
        if (packet->AvailableBytes < Ip4Header.MinimumBytes) return false;
        Ip4Header* ip = (Ip4Header*)packet->Start;
        uint headerBytes = ip->LengthBytes;
        uint lengthBytes = Ip4Family.LengthBytes(packet->Start);
        bool isFragment = (ip->FragmentWire & Ip4Header.FragmentMaskWire) != 0;
        if (headerBytes < Ip4Header.MinimumBytes || lengthBytes < headerBytes || isFragment) return false;
        segment->Protocol = ip->Protocol;
        segment->OffsetBytes = headerBytes;
        segment->LengthBytes = lengthBytes - headerBytes;
        return true;
    }

    /// <inheritdoc/>
    public static bool HasAnswerableAddresses(byte* packet)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        return IsOneHost(ip->Source) && IsOneHost(ip->Destination) && ip->Source != ip->Destination;
    }

    /// <summary>RFC 1122 section 3.2.2. Of ICMP only echo requests are surely no error.</summary>
    public static bool MayBeQuoted(RejectPacket* packet, uint* lengthBytes)
    {
        if (packet->AvailableBytes < Ip4Header.MinimumBytes) return false;
        Ip4Header* ip = (Ip4Header*)packet->Start;
        uint headerBytes = ip->LengthBytes;
        *lengthBytes = Ip4Family.LengthBytes(packet->Start);
        if (headerBytes < Ip4Header.MinimumBytes || *lengthBytes <= headerBytes || packet->AvailableBytes <= headerBytes) return false;
        if ((ip->FragmentWire & Ip4Header.OffsetMaskWire) != 0) return false;
        return ip->Protocol != IpProtocol.Icmp || packet->Start[headerBytes] == IcmpMessage.EchoRequest4;
    }

    /// <inheritdoc/>
    public static void SetSource(byte* answer, byte* address) => _ = Ip4Family.SetSourceAddress(answer, address);

    /// <inheritdoc/>
    public static ulong AddressSum(byte* packet) => (ulong)((Ip4Header*)packet)->Source + ((Ip4Header*)packet)->Destination;

    /// <inheritdoc/>
    public static void WriteHeader(byte* answer, byte* packet, byte protocol, uint bodyBytes, ushort identification)
    {
        uint source = ((Ip4Header*)packet)->Source;
        uint destination = ((Ip4Header*)packet)->Destination;
        Ip4Header* ip = (Ip4Header*)answer;
        *(uint*)answer = 0x45;
        ip->TotalLengthWire = BinaryPrimitives.ReverseEndianness((ushort)(Ip4Header.MinimumBytes + bodyBytes));
        ip->IdentificationWire = identification;
        ip->FragmentWire = identification == 0 ? Ip4Header.DontFragmentWire : (ushort)0;
        ip->TimeToLive = TimeToLive;
        ip->Protocol = protocol;
        ip->Checksum = 0;
        ip->Source = destination;
        ip->Destination = source;
        ip->Checksum = (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(answer, Ip4Header.MinimumBytes));
    }

    /// <summary>The service type is kept (RFC 1349 section 5.1).</summary>
    public static void TurnRound(byte* packet)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        (ip->Source, ip->Destination) = (ip->Destination, ip->Source);
        ushort* hopsAndProtocol = (ushort*)&ip->TimeToLive;
        ushort before = *hopsAndProtocol;
        ip->TimeToLive = TimeToLive;
        ip->Checksum = InternetChecksum.Update(ip->Checksum, InternetChecksum.Change16(before, *hopsAndProtocol));
    }

    /// <summary>
    /// RFC 1122 section 3.2.2: not "this network" (0/8), loopback (127/8), multicast, reserved or broadcast (224/3).
    /// </summary>
    private static bool IsOneHost(uint address) => (byte)address is not (0 or 127 or >= 224);
}
