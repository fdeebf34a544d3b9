using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Core.Translation;

/// <summary>
/// Finds out which of a pod's IPv4 packets belong to sessions of clients over IPv6: with both addresses IPv4-mapped, they are answers in
/// IPv6's return index, or ICMP errors about what its pods saw. Such a packet's header becomes IPv6's, and the plain return path does the rest:
/// <code>
///   [ pod → masquerade ] ─▶ [ ::ffff:pod → ::ffff:masquerade ] ─▶ ReturnPath ─▶ [ vip → client ]
/// </code>
/// </summary>
public static unsafe class MappedAnswers
{
    /// <summary>True for a whole packet that belongs to a session. Nothing has changed.</summary>
    public static bool Has(Worker* worker, byte* packet, uint available)
    {
        Ip4Flow back;
        if (OtherPath<Ip4Family, Ip4Session, Ip4Flow>.ParseAny(packet, available, isAnswer: true, &back) == Outcome.Translated)
            return back.Class != FlowClass.Other && OtherFamilyAnswers.HasIp6(worker, &back);
        IcmpMessage message;
        IcmpQuote quote;
        bool isError = Ip4Family.TryReadIcmp(packet, available, &message) && Ip4Family.IsError(message.Type)
            && Ip4Family.ReadQuote(&message, &quote) == Outcome.Translated && Ip4Family.IsToSender(packet, &quote);
        if (!isError) return false;
        back = Ip4Family.AnswerTo(&quote);
        return OtherFamilyAnswers.HasIp6(worker, &back);
    }

    /// <summary>True for a fragment of a datagram that belongs to a session; what the first fragment said is known.</summary>
    public static bool HasFragment(Worker* worker, byte* packet, uint available, DatagramHeader header)
    {
        Fragment fragment;
        if (!Ip4Family.TryReadFragment(packet, available, &fragment)) return false;
        Ip4Flow back = Ip4Family.FlowOf(packet, header.PortsWire, fragment.Class);
        return OtherFamilyAnswers.HasIp6(worker, &back);
    }
}
