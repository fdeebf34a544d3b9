using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Refuses a packet that nobody serves, in its own memory, so that the client knows at once:
/// <code>
///   TCP ─▶ reset               [ IP │ TCP ]                 written over the packet
///   UDP ─▶ port unreachable    [ IP │ ICMP │ the packet ]   written in front of it, the packet cut
/// </code>
/// The answer comes from the address that the client addressed. What an answer is forbidden for, or what is damaged, gets
/// none: RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e), RFC 9293 section 3.10.7.1.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
public static unsafe class Reject<TFamily>
    where TFamily : struct, IRejectFamily
{
    /// <summary>Builds the answer, unless there may be none.</summary>
    /// <param name="packet">The packet; its memory holds the answer afterwards.</param>
    /// <param name="limit">The worker's limit. A packet that may not be answered whatever its data takes nothing from it.</param>
    /// <param name="nowSeconds">The host's time.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static RejectAnswer Answer(RejectPacket* packet, RejectLimit* limit, double nowSeconds)
    {
        RejectSegment segment;
        bool isAllowed = !packet->IsUnanswerable && TFamily.TryRead(packet, &segment) && IsWhole(packet, &segment)
            && IsAnswerable(packet, &segment) && TFamily.HasAnswerableAddresses(packet->Start);
        if (!isAllowed) return RejectAnswer.Dropped(Rejection.NotAnswerable);
        if (!RejectLimit.TryTake(limit, nowSeconds)) return RejectAnswer.Dropped(Rejection.OverLimit);
        if (!IsIntact(packet, &segment)) return RejectAnswer.Dropped(Rejection.NotAnswerable);
        return segment.Protocol == IpProtocol.Tcp ? Reset(packet, &segment) : Unreachable(packet, &segment, limit->Taken);
    }

    /// <summary>Everything that the IP header promises is there, a whole TCP or UDP header in the first piece.</summary>
    private static bool IsWhole(RejectPacket* packet, RejectSegment* segment)
    {
        if (segment->Protocol is not (IpProtocol.Tcp or IpProtocol.Udp)) return false;
        uint needed = segment->Protocol == IpProtocol.Tcp ? L4Header.TcpBytes : L4Header.UdpBytes;
        if (segment->LengthBytes < needed || packet->AvailableBytes < segment->OffsetBytes + needed) return false;
        return packet->IsChained || packet->AvailableBytes >= segment->OffsetBytes + segment->LengthBytes;
    }

    /// <summary>A reset is never answered; lengths that contradict each other are no segment and no datagram.</summary>
    private static bool IsAnswerable(RejectPacket* packet, RejectSegment* segment)
    {
        byte* l4 = packet->Start + segment->OffsetBytes;
        if (segment->Protocol == IpProtocol.Tcp)
        {
            uint headerBytes = TcpHeader.HeaderBytes(l4);
            bool isReset = (l4[L4Header.TcpFlagsOffset] & L4Header.TcpRst) != 0;
            return !isReset && headerBytes >= L4Header.TcpBytes && headerBytes <= segment->LengthBytes;
        }

        uint udpBytes = UdpBytes(l4);
        return udpBytes >= L4Header.UdpBytes && udpBytes <= segment->LengthBytes
            && packet->HeadroomBytes >= IcmpError<TFamily>.RoomBytes;
    }

    /// <summary>
    /// The transport checksum is right, as far as the first piece can tell: a damaged packet is discarded silently, for its
    /// addresses and ports may be what is damaged (RFC 9293 section 3.1, RFC 1122 section 4.1.3.4).
    /// </summary>
    private static bool IsIntact(RejectPacket* packet, RejectSegment* segment)
    {
        byte* l4 = packet->Start + segment->OffsetBytes;
        bool isTcp = segment->Protocol == IpProtocol.Tcp;
        uint coveredBytes = isTcp ? segment->LengthBytes : UdpBytes(l4);
        if (packet->IsChecksumSettled || segment->OffsetBytes + coveredBytes > packet->AvailableBytes) return true;
        if (!isTcp && ((L4Header*)l4)->UdpChecksum == 0) return TFamily.AllowsNoUdpChecksum;
        ulong sum = IcmpError<TFamily>.PseudoSum(packet->Start, segment->Protocol, coveredBytes) + InternetChecksum.Sum(l4, coveredBytes);
        return InternetChecksum.Fold(sum) == 0xFFFF;
    }

    private static RejectAnswer Reset(RejectPacket* packet, RejectSegment* segment)
    {
        byte* l4 = packet->Start + segment->OffsetBytes;
        TcpHeader reset = TcpHeader.ResetFor(l4, segment->LengthBytes);
        TFamily.WriteHeader(packet->Start, packet->Start, IpProtocol.Tcp, L4Header.TcpBytes, identification: 0);
        byte* answer = packet->Start + TFamily.HeaderBytes;
        *(TcpHeader*)answer = reset;
        ulong sum = IcmpError<TFamily>.PseudoSum(packet->Start, IpProtocol.Tcp, L4Header.TcpBytes) + InternetChecksum.Sum(answer, L4Header.TcpBytes);
        ((TcpHeader*)answer)->Checksum = (ushort)~InternetChecksum.Fold(sum);
        return new RejectAnswer(Rejection.Reset, 0, TFamily.HeaderBytes + L4Header.TcpBytes);
    }

    private static RejectAnswer Unreachable(RejectPacket* packet, RejectSegment* segment, ulong number) => IcmpError<TFamily>.Write(
        packet, segment->OffsetBytes + segment->LengthBytes, TFamily.PortUnreachableWire, 0, null, number, Rejection.PortUnreachable);

    private static uint UdpBytes(byte* l4) => BinaryPrimitives.ReverseEndianness(((L4Header*)l4)->UdpLengthWire);
}
