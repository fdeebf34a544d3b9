using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Core.Translation;

/// <summary>
/// A packet that its pod's link does not take once its header is of the other family goes back as "packet too big" from the address
/// that the client addressed (RFC 4443 section 3.2). It is written over IPv6; for a client over IPv4 it becomes "fragmentation needed".
/// </summary>
public static unsafe class TooBig
{
    private const uint MessageWire = 2;
    private const uint MaxBytes = IcmpMap.LeastMtu6;
    private const uint InFrontBytes = Ip6Header.SizeBytes + IcmpMessage.HeaderBytes;

    /// <summary>Gives a packet back the ends that it came with: it is to be quoted.</summary>
    public static void PutBack(byte* packet, Ip6Flow* flow)
    {
        if (flow->Class is FlowClass.Tcp or FlowClass.Udp)
        {
            Ip6Flow reversed = Ip6Flow.Reversed(flow);
            Ip6Family.SetSource(packet, flow);
            Ip6Family.SetDestinationToSource(packet, &reversed);
            return;
        }

        OtherRewrite<Ip6Family, Ip6Session, Ip6Flow>.SetSource(packet, Ip6Flow.SourceOf(flow), Ip6Flow.SourcePort(flow));
        OtherRewrite<Ip6Family, Ip6Session, Ip6Flow>.SetDestination(packet, Ip6Flow.DestinationOf(flow), Ip6Flow.DestinationPort(flow));
    }

    /// <summary>Makes the packet the error about itself, unless there may be none.</summary>
    /// <param name="packet">The packet, with the ends that it came with; its memory holds the answer afterwards.</param>
    /// <param name="limit">The worker's limit.</param>
    /// <param name="nowSeconds">The host's time.</param>
    /// <param name="mtu">Most bytes that an IPv6 packet may have.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static RejectAnswer Answer(RejectPacket* packet, RejectLimit* limit, double nowSeconds, uint mtu)
    {
        bool isAllowed = !packet->IsLinkBroadcast && packet->AvailableBytes >= Ip6Header.SizeBytes && packet->HeadroomBytes >= InFrontBytes
            && Ip6Reject.HasAnswerableAddresses(packet->Start);
        if (!isAllowed) return RejectAnswer.Dropped(Rejection.NotAnswerable);
        if (!RejectLimit.TryTake(limit, nowSeconds)) return RejectAnswer.Dropped(Rejection.OverLimit);
        uint quotedBytes = Math.Min(packet->AvailableBytes, Ip6Family.LengthBytes(packet->Start));
        uint icmpBytes = IcmpMessage.HeaderBytes + Math.Min(quotedBytes, MaxBytes - InFrontBytes);
        byte* icmp = packet->Start - IcmpMessage.HeaderBytes;
        byte* answer = packet->Start - InFrontBytes;
        ((uint*)icmp)[0] = MessageWire;
        ((uint*)icmp)[1] = BinaryPrimitives.ReverseEndianness(mtu);
        Ip6Reject.WriteHeader(answer, packet->Start, IpProtocol.Icmp6, icmpBytes, identification: 0);
        ulong sum = InternetChecksum.Sum(icmp, icmpBytes) + Ip6Family.IcmpPseudoSum(answer, icmpBytes);
        *(ushort*)(icmp + IcmpMessage.ChecksumOffset) = (ushort)~InternetChecksum.Fold(sum);
        return new RejectAnswer(Rejection.PacketTooBig, -(int)InFrontBytes, Ip6Header.SizeBytes + icmpBytes);
    }
}
