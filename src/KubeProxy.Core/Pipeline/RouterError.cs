using System.Runtime.CompilerServices;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Tells a client that its packet cannot go on to a pod, as the router that this host is between the two: "time exceeded", "too big" and others. The
/// packet is quoted as the client has sent it, so path MTU discovery and traceroute work through a VIP. Nothing is said about ICMP errors,
/// about later fragments over IPv4, nor to anybody who is no single host: RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e).
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
public static unsafe class RouterError<TFamily>
    where TFamily : struct, IRejectFamily
{
    /// <summary>Builds the error, unless there may be none. A transport checksum is no router's business.</summary>
    /// <param name="packet">The packet; its memory holds the error afterwards.</param>
    /// <param name="outcome"><see cref="Outcome.NoHopLeft"/>, <see cref="Outcome.TooLong"/>, <see cref="Outcome.OpenRoute"/>, or another: prohibited.</param>
    /// <param name="mtuBytes">The MTU that the packet is too long for.</param>
    /// <param name="source">This host's address on the client's side, or null when it has none: then the address that the client used.</param>
    /// <param name="limit">The worker's limit. A packet about which nothing may be said takes nothing from it.</param>
    /// <param name="nowSeconds">The host's time.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static RejectAnswer Answer(RejectPacket* packet, Outcome outcome, uint mtuBytes, byte* source, RejectLimit* limit, double nowSeconds)
    {
        uint lengthBytes = 0;
        bool isAllowed = !packet->IsUnanswerable && TFamily.MayBeQuoted(packet, &lengthBytes) && (packet->IsChained || lengthBytes <= packet->AvailableBytes)
            && TFamily.HasAnswerableAddresses(packet->Start) && packet->HeadroomBytes >= IcmpError<TFamily>.RoomBytes;
        if (!isAllowed) return RejectAnswer.Dropped(Rejection.NotAnswerable);
        if (!RejectLimit.TryTake(limit, nowSeconds)) return RejectAnswer.Dropped(Rejection.OverLimit);
        return outcome switch
        {
            Outcome.TooLong => IcmpError<TFamily>.Write(packet, lengthBytes, TFamily.TooBigWire, mtuBytes, source, limit->Taken, Rejection.TooBig),
            Outcome.NoHopLeft => IcmpError<TFamily>.Write(packet, lengthBytes, TFamily.TimeExceededWire, 0, source, limit->Taken, Rejection.TimeExceeded),
            Outcome.OpenRoute => IcmpError<TFamily>.Write(packet, lengthBytes, TFamily.SourceRouteFailedWire, 0, source, limit->Taken, Rejection.SourceRouteFailed),
            _ => IcmpError<TFamily>.Write(packet, lengthBytes, TFamily.ProhibitedWire, 0, source, limit->Taken, Rejection.Prohibited),
        };
    }
}
