namespace KubeProxy.Oracle;

/// <summary>A client's packet, in the order of the chart in docs/counters.md.</summary>
internal sealed class ForwardWay(PlainRouter router)
{
    private readonly NewFlow _newFlow = new(router);
    private readonly ForwardIcmp _icmp = new(router);
    private readonly Refusals _refusals = new(router);
    private readonly Obstacles _obstacles = new(router);

    public Verdict Judge(PlainPacket packet, Seen seen)
    {
        PlainVip? vip = router.Route(packet);
        if (vip is { Kind: not VipKind.Plain })
        {
            PlainPacket asItCame = packet;
            if (vip.Kind == VipKind.Nat64) packet = Ip6Chain.WithoutHeaders(packet);
            if (_obstacles.Find(asItCame, packet, vip.Kind, seen) is { } obstacle) return obstacle;
        }

        switch (packet.Shape)
        {
            case Shape.HeaderCut: return Drop(packet, "Truncated");
            case Shape.ExtensionHeader: return Drop(packet, "ExtensionHeader");
            case Shape.Fragment when packet.Protocol is IpProtocol.Tcp or IpProtocol.Udp: return new Verdict(Fate.Reassembled, "Fragment", packet.Bytes);
            case Shape.Fragment when vip is { Kind: not VipKind.Plain } && packet.IsIcmp: return Obstacles.Drop(packet, seen, "NotTranslatable", "Fragment");
            case Shape.Fragment: return Drop(packet, "Fragment");
        }

        if (packet.Ip6 && packet.HasNoUdpChecksum) return Drop(packet, "ZeroUdpChecksum");
        if (vip == null) return Drop(packet, "NoVip");
        if (!packet.IsIcmp || (packet.IsEchoRequest && vip.TakesEverything)) return OfFlow(packet, vip, seen);

        // Pings of a flow that a VIP of everything has remembered stay with their pod when a VIP with ports comes to lie over it.
        PlainSession? session = packet.IsEchoRequest ? router.Sessions.Find(FlowOf(packet)) : null;
        return session != null && KeepsItsPod(session, packet, seen) ? WithSession(packet, session, seen) : _icmp.Judge(packet, vip, seen);
    }

    private Verdict OfFlow(PlainPacket packet, PlainVip vip, Seen seen)
    {
        Flow flow = FlowOf(packet);
        PlainSession? session = router.Sessions.Find(flow);
        if (session != null && KeepsItsPod(session, packet, seen))
        {
            if (session.IsUnsure ? seen.FailedOver : MovesOn(session, packet)) return _newFlow.FailOver(packet, session, seen) ?? WithSession(packet, session, seen);
            return WithSession(packet, session, seen);
        }

        PlainService? service = vip.Find(packet.Protocol, packet.DestinationPort);
        if (service == null) return Unserved(packet, vip, seen);
        if (!_newFlow.Candidates(service, packet).Any()) return _refusals.Refuse(packet, "NoPod", seen) with { Service = service };
        return _newFlow.Judge(packet, service, flow, seen);
    }

    /// <summary>
    /// False when the packet is a new flow's, although there is a session of these ends. Whether a packet that cannot go on is looked at before that is
    /// decided is nobody's to say: it neither uses nor moves the session.
    /// </summary>
    private bool KeepsItsPod(PlainSession session, PlainPacket packet, Seen seen)
    {
        bool isSure = router.Sessions.LifeOf(session) == Life.Live;
        if (isSure && !session.Pod.Removed) return true;
        if (NewFlow.IsSeen(_refusals.CannotGoOn(packet, session.Pod, seen), seen)) return true;
        if (session.Pod.Removed && !session.IsTcp) return false;
        if (!isSure) return seen.Flow == FlowCount.Existing || seen.FailedOver;
        bool beginsAnew = TcpLife.Read(packet) == Segment.Syn && session.State is TcpState.ClientClosed or TcpState.Closing;
        bool keeps = session.IsUnsure ? seen.Flow == FlowCount.Existing : !beginsAnew;
        session.Loose |= !keeps;
        return keeps;
    }

    /// <summary>A SYN that comes again a tick or more later, without an answer of the pod.</summary>
    private bool MovesOn(PlainSession session, PlainPacket packet) =>
        session.IsTcp && session.State == TcpState.Opening && TcpLife.Read(packet) == Segment.Syn && router.NowSeconds > session.LastSeconds;

    private Verdict WithSession(PlainPacket packet, PlainSession session, Seen seen)
    {
        if (_refusals.CannotGoOn(packet, session.Pod, seen) is { } verdict) return verdict;
        session.LastSeconds = router.NowSeconds;
        if (session.IsTcp) session.State = TcpLife.OfClient(session.State, TcpLife.Read(packet));
        return NewFlow.Translate(packet, session, seen) with { Flow = FlowCount.Existing };
    }

    private Verdict Unserved(PlainPacket packet, PlainVip vip, Seen seen)
    {
        if (packet.IsIcmp) return Drop(packet, "IcmpNotSupported");
        bool serviceOfTheProtocol = packet.HasPorts && vip.Services.Any(service => service.Protocol == packet.Protocol);
        bool plain = packet.Protocol is IpProtocol.Tcp or IpProtocol.Udp;
        return plain || serviceOfTheProtocol ? _refusals.Refuse(packet, "UnknownPort", seen) : Drop(packet, "ProtocolNotSupported");
    }

    private static Flow FlowOf(PlainPacket packet) => new(packet.Protocol, packet.Source, packet.SourcePort, packet.Destination, packet.DestinationPort);

    private static Verdict Drop(PlainPacket packet, string reason) => new(Fate.Dropped, reason, packet.Bytes);
}
