namespace KubeProxy.Oracle;

/// <summary>A packet from the pods' side: an answer of a session leaves with the VIP as its source, everything else as it came.</summary>
internal sealed class ReturnWay(PlainRouter router)
{
    private readonly ReturnIcmp _icmp = new(router);

    public Verdict Judge(PlainPacket packet, Seen seen)
    {
        if (packet.Shape == Shape.Fragment && packet.Protocol is IpProtocol.Tcp or IpProtocol.Udp) return new Verdict(Fate.Reassembled, "Fragment", packet.Bytes);
        if (packet.Shape != Shape.Whole || (packet.Ip6 && packet.HasNoUdpChecksum)) return Pass(packet);
        if (packet.IsIcmp && !packet.IsEchoReply) return _icmp.Judge(packet, seen) ?? Pass(packet);
        var answers = new Flow(packet.Protocol, packet.Source, packet.SourcePort, packet.Destination, packet.DestinationPort);
        PlainSession? session = router.Sessions.Answering(answers, seen);
        if (session == null) return Pass(packet);
        if (session.Kind == VipKind.Nat64 && Ip4Options.Read(packet) != Ip4Route.None) return Pass(packet);
        if (session.Kind == VipKind.Nat64 && packet.HasNoUdpChecksum && !packet.HasUdpLength) return new Verdict(Fate.Dropped, "ZeroUdpChecksum", packet.Bytes);
        session.LastSeconds = router.NowSeconds;
        if (session.IsTcp)
        {
            session.IsUnsure |= TcpLife.MayHaveData(packet);
            session.State = TcpLife.OfPod(session.State, TcpLife.Read(packet));
        }

        // Over IPv4 no receiver would take a packet that promises more than there is.
        if (session.Kind == VipKind.Nat46 && packet.ClaimsMoreThanThereIs) return new Verdict(Fate.Dropped, "Truncated", packet.Bytes);
        var ends = new Ends(session.Flow.Address, session.Flow.Port, session.Flow.Client, session.Flow.ClientPort);
        byte[] bytes = session.Kind == VipKind.Plain ? Rewriter.Rewrite(packet, ends) : FamilySwap.Translate(packet, ends, IcmpSwap.Identification(seen.Packet, 0));
        return new Verdict(Fate.Translated, "Translated", bytes);
    }

    private static Verdict Pass(PlainPacket packet) => new(Fate.Passed, "", packet.Bytes);
}
