using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Answers an echo request in its own memory (RFC 1122 section 3.2.2.6, RFC 4443 section 4.2): the addresses change places, the type
/// becomes a reply's, and the checksum follows that change alone. So identifier, sequence number and data stay, wherever the data lies.
/// What <see cref="Reject{TFamily}"/> does not answer to is not answered here either.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
public static unsafe class Echo<TFamily>
    where TFamily : struct, IRejectFamily
{
    /// <summary>Makes the packet its answer, unless there may be none.</summary>
    /// <param name="packet">The request; its memory holds the answer afterwards.</param>
    /// <param name="limit">The worker's limit. A packet that may not be answered whatever its data takes nothing from it.</param>
    /// <param name="nowSeconds">The host's time.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static RejectAnswer Answer(RejectPacket* packet, RejectLimit* limit, double nowSeconds)
    {
        RejectSegment segment;
        bool isAllowed = !packet->IsUnanswerable && TFamily.TryRead(packet, &segment) && IsWhole(packet, &segment)
            && TFamily.HasAnswerableAddresses(packet->Start);
        if (!isAllowed) return RejectAnswer.Dropped(Rejection.NotAnswerable);
        if (!RejectLimit.TryTake(limit, nowSeconds)) return RejectAnswer.Dropped(Rejection.OverLimit);
        if (!IsIntact(packet, &segment)) return RejectAnswer.Dropped(Rejection.NotAnswerable);

        byte* icmp = packet->Start + segment.OffsetBytes;
        ushort* checksum = (ushort*)(icmp + IcmpMessage.ChecksumOffset);
        *checksum = InternetChecksum.Update(*checksum, InternetChecksum.Change16(*(ushort*)icmp, TFamily.EchoReplyWire));
        *(ushort*)icmp = TFamily.EchoReplyWire;
        TFamily.TurnRound(packet->Start);
        uint lengthBytes = segment.OffsetBytes + segment.LengthBytes;
        return new RejectAnswer(Rejection.EchoReply, 0, Math.Min(packet->AvailableBytes, lengthBytes));
    }

    /// <summary>
    /// A whole header in the first piece, and everything that the IP header promises. IPv4 options would have to be turned round as
    /// well (RFC 1122 section 3.2.2.6), so what has some is not answered.
    /// </summary>
    private static bool IsWhole(RejectPacket* packet, RejectSegment* segment)
    {
        bool isPlain = segment->Protocol == TFamily.IcmpProtocol && segment->OffsetBytes == TFamily.HeaderBytes
            && segment->LengthBytes >= IcmpMessage.HeaderBytes && packet->AvailableBytes >= segment->OffsetBytes + IcmpMessage.HeaderBytes;
        return isPlain && (packet->IsChained || packet->AvailableBytes >= segment->OffsetBytes + segment->LengthBytes);
    }

    /// <summary>The checksum is right, as far as the first piece can tell. One that reaches beyond it stays as wrong as it is.</summary>
    private static bool IsIntact(RejectPacket* packet, RejectSegment* segment)
    {
        if (segment->OffsetBytes + segment->LengthBytes > packet->AvailableBytes) return true;
        ulong sum = InternetChecksum.Sum(packet->Start + segment->OffsetBytes, segment->LengthBytes);
        if (TFamily.IcmpHasPseudoHeader)
        {
            sum += TFamily.AddressSum(packet->Start) + BinaryPrimitives.ReverseEndianness((ushort)TFamily.IcmpProtocol)
                + BinaryPrimitives.ReverseEndianness((ushort)segment->LengthBytes);
        }

        return InternetChecksum.Fold(sum) == ushort.MaxValue;
    }
}
