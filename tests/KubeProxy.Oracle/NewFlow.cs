using System.Net;

namespace KubeProxy.Oracle;

/// <summary>Opening a session. Which of the possible pods it gets is learnt from the other implementation.</summary>
internal sealed class NewFlow(PlainRouter router)
{
    private readonly Refusals _refusals = new(router);

    /// <summary>
    /// Pods that may serve a new flow. A connection that was opened before and has no session may also be one of an earlier table's, which names
    /// pods that get no new flows any more.
    /// </summary>
    public static IEnumerable<PlainPod> Serving(PlainService service, PlainPacket packet)
    {
        bool middle = packet.Protocol == IpProtocol.Tcp && TcpLife.Read(packet) is not (Segment.Syn or Segment.SynAck);
        return service.Pods.Where(pod => pod.Serves || (middle && service.HasHistory && pod is { Gone: false, Removed: false }));
    }

    public IEnumerable<PlainPod> Candidates(PlainService service, PlainPacket packet)
    {
        PlainPod[] serving = [.. Serving(service, packet)];
        return serving.Any(pod => pod.Serves) ? serving : [];
    }

    public static Verdict Translate(PlainPacket packet, PlainSession session, Seen seen) => new(Fate.Translated, "Translated", BytesToPod(packet, session, seen))
    {
        Service = session.Pod.Service,
        Pod = session.Pod,
    };

    public Verdict Judge(PlainPacket packet, PlainService service, Flow flow, Seen seen)
    {
        if (!Hosts.IsOneHost(packet.Source) || packet.Source.Equals(packet.Destination)) return new Verdict(Fate.Dropped, "BadSource", packet.Bytes);
        PlainPod[] pods = [.. Candidates(service, packet)];
        PlainPod[] free = [.. pods.Where(pod => IsFree(service, pod, flow, Life.Live))];
        if (!seen.Translated && WithoutTranslation(packet, service, flow, pods, free, seen) is { } verdict) return verdict;
        if (free.Length == 0) return new Verdict(Fate.Dropped, "ReturnClash", packet.Bytes);
        PlainPod pod = Choose(Remembered(service, flow, free), packet, seen);
        return WithPod(packet, service, flow, pod, seen) ?? Open(packet, service, flow, pod, seen);
    }

    /// <summary>Moves a session whose pod has not answered its SYN; null where nobody else can take it, or where the same tick may still run.</summary>
    public Verdict? FailOver(PlainPacket packet, PlainSession session, Seen seen)
    {
        // Where the session may be over, its own pod may be the one that the flow was about to get anew.
        bool mayBeNew = router.Sessions.LifeOf(session) == Life.MayBeOver;
        if (mayBeNew && IsSeen(_refusals.CannotGoOn(packet, session.Pod, seen), seen)) return null;

        // A service or a VIP that fits the flow better may have come since; where that serves nobody, nobody else can take the session.
        if (router.Route(packet)?.Find(packet.Protocol, packet.DestinationPort) is not { } service) return null;
        bool certain = router.NowSeconds - session.LastSeconds > Timeouts.TickSeconds(router.Timeouts.TcpOpening);
        PlainPod[] others = [.. service.Pods.Where(pod => pod.Serves && pod != session.Pod && IsFree(service, pod, session.Flow, Life.Live))];
        bool evenly = service.Pods.Where(pod => pod.Serves).Select(pod => pod.Weight).Distinct().Count() == 1;
        if (!seen.Translated && Match([.. others.Select(pod => WithPod(packet, service, session.Flow, pod, seen))], seen) is { } fate) return fate;
        if (others.Length == 0 || (!seen.FailedOver && !(certain && evenly))) return null;
        PlainPod pod = Choose(others, packet, seen);
        if (_refusals.CannotGoOn(packet, pod, seen) is { } cannot) return cannot;
        return Open(packet, service, session.Flow, pod, seen) with { FailedOver = true };
    }

    private Verdict Open(PlainPacket packet, PlainService service, Flow flow, PlainPod pod, Seen seen)
    {
        IPAddress? source = SeenSource(service, pod, flow);
        var session = new PlainSession(flow, pod, service.PodPort(flow.Port))
        {
            SeenClient = source ?? Embedded(service, flow.Client),
            SeenPort = source == null ? flow.ClientPort : SourcePort(packet, seen),
            Masqueraded = source != null,
            LastSeconds = router.NowSeconds,
        };
        if (source != null && !IsPossible(session)) return Translate(packet, session, seen) with { Fate = Fate.Dropped, Reason = "NoSourcePort" };
        if (session.IsTcp) session.State = TcpLife.OfClient(TcpState.Opening, TcpLife.Read(packet));
        if (service.AffinitySeconds > 0) router.Affinity[(service, flow.Client)] = (pod, router.NowSeconds);
        FlowCount count = router.TablesMayBeFull && source == null && seen.Flow == FlowCount.Untracked ? FlowCount.Untracked : FlowCount.First;
        router.Sessions.Forget(flow);
        if (count == FlowCount.First) router.Sessions.Open(session);
        return Translate(packet, session, seen) with { Flow = count };
    }

    /// <summary>
    /// What becomes of a packet that is not translated depends on the pod that was chosen, which it does not show: of the possible fates the one
    /// that was seen. Null where every pod of the service would have translated it.
    /// </summary>
    private Verdict? WithoutTranslation(PlainPacket packet, PlainService service, Flow flow, PlainPod[] pods, PlainPod[] free, Seen seen)
    {
        Verdict?[] fates = [.. Remembered(service, flow, free).Select(pod => WithPod(packet, service, flow, pod, seen))];

        // A masqueraded flow that is not remembered would have no way back.
        bool mayNeedRoom = (router.TablesMayBeFull || router.PortsMayBeShort) && free.Any(pod => SeenSource(service, pod, flow) != null);
        if (mayNeedRoom) fates = [.. fates, _refusals.Refuse(packet, "NoSourcePort", seen) with { Service = service }];

        // Sixteen slots of the flow's order are looked at: where most belong to pods that are taken, they may miss the one that is free.
        bool mayMissIt = free.Where(pod => IsFree(service, pod, flow, Life.MayBeOver)).Sum(pod => pod.Weight) * 2 <= pods.Sum(pod => pod.Weight);
        if (mayMissIt) fates = [.. fates, new Verdict(Fate.Dropped, "ReturnClash", packet.Bytes)];
        return Match(fates, seen) ?? fates.FirstOrDefault(fate => fate != null);
    }

    /// <summary>Whether a fate without translation is the one that was seen.</summary>
    public static bool IsSeen(Verdict? fate, Seen seen) =>
        fate?.Reason == seen.Reason && (fate.Fate != Fate.Answered || Comparison.Difference(fate, seen.Answer) == null);

    /// <summary>The fate that was seen, if it is a possible one: by what was said to the client, else by its reason.</summary>
    private static Verdict? Match(Verdict?[] fates, Seen seen) =>
        fates.FirstOrDefault(fate => IsSeen(fate, seen)) ?? fates.FirstOrDefault(fate => fate?.Reason == seen.Reason);

    /// <summary>Why a packet does not reach a pod, or null.</summary>
    private Verdict? WithPod(PlainPacket packet, PlainService service, Flow flow, PlainPod pod, Seen seen)
    {
        bool needsPort = SeenSource(service, pod, flow) != null;
        if (needsPort && !packet.HasPorts) return _refusals.Refuse(packet, "NoSourcePort", seen) with { Service = service };
        return _refusals.CannotGoOn(packet, pod, seen);
    }

    private PlainPod[] Remembered(PlainService service, Flow flow, PlainPod[] free)
    {
        if (service.AffinitySeconds == 0 || !router.Affinity.TryGetValue((service, flow.Client), out (PlainPod Pod, long Seconds) last)) return free;
        bool certain = router.NowSeconds - last.Seconds < service.AffinitySeconds;
        return certain && last.Pod.Serves && free.Contains(last.Pod) ? [last.Pod] : free;
    }

    /// <summary>The pod that the packet has gone to, if it is a possible one, else one of those.</summary>
    private static PlainPod Choose(PlainPod[] pods, PlainPacket packet, Seen seen)
    {
        if (!seen.Translated || seen.Packet.Length < (pods[0].Address.IsIp6() ? 40 : 20)) return pods[0];
        IPAddress chosen = new PlainPacket(seen.Packet).Destination;
        return pods.FirstOrDefault(pod => pod.Address.Equals(chosen)) ?? pods[0];
    }

    /// <summary>Masqueraded flows find a port of their own; of all others the answers must be nobody else's: no session's that is as alive as <paramref name="taken"/>.</summary>
    private bool IsFree(PlainService service, PlainPod pod, Flow flow, Life taken)
    {
        if (SeenSource(service, pod, flow) != null) return true;
        int protocol = PlainSession.ProtocolOfAnswers(service.Vip.Kind, flow.Protocol);
        var answers = new Flow(protocol, pod.Address, service.PodPort(flow.Port), Embedded(service, flow.Client), flow.ClientPort);
        return !router.Sessions.WithAnswers(answers).Any(session => session.Flow != flow && router.Sessions.LifeOf(session) >= taken);
    }

    /// <summary>The address that the pod sees instead of the client's, or null: hairpin, and what the service masquerades.</summary>
    private static IPAddress? SeenSource(PlainService service, PlainPod pod, Flow flow)
    {
        if (pod.Address.Equals(flow.Client)) return flow.Address;
        bool outside = !service.Vip.Prefix.Contains(flow.Address);
        return service.Masquerade != null && (outside || !service.MasqueradesOutsideOnly) ? service.Masquerade : null;
    }

    /// <summary>A client that is not masqueraded, as pods see it.</summary>
    private IPAddress Embedded(PlainService service, IPAddress client) => service.Vip.Kind == VipKind.Nat46 ? Rfc6052.Embed(router.Prefix64, client) : client;

    private static byte[] BytesToPod(PlainPacket packet, PlainSession session, Seen seen) => session.Kind == VipKind.Plain
        ? Rewriter.Rewrite(packet, ToPod(session))
        : FamilySwap.Translate(packet, ToPod(session), IcmpSwap.Identification(seen.Packet, 0));

    private static int SourcePort(PlainPacket packet, Seen seen)
    {
        if (packet.IsPart) return seen.SourcePort;
        var translated = new PlainPacket(seen.Packet);
        return translated.Shape == Shape.Whole && translated.Protocol == packet.Protocol && translated.HasPorts ? translated.SourcePort : 0;
    }

    /// <summary>The port is one of the range, and no live session's towards the pod. Who may be over and had it is over.</summary>
    private bool IsPossible(PlainSession session)
    {
        PlainSession[] others = [.. router.Sessions.WithAnswers(session.Answers).Where(other => other.Flow != session.Flow)];
        bool isFree = session.SeenPort >= router.FirstSourcePort && session.SeenPort <= router.LastSourcePort
            && !others.Any(other => router.Sessions.LifeOf(other) == Life.Live);
        foreach (PlainSession other in isFree ? others : []) router.Sessions.Forget(other.Flow);
        return isFree;
    }

    private static Ends ToPod(PlainSession session) => new(session.SeenClient, session.SeenPort, session.Pod.Address, session.PodPort);
}
