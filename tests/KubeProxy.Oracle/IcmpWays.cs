using System.Net;

namespace KubeProxy.Oracle;

/// <summary>What both directions of ICMP errors have in common.</summary>
internal static class IcmpErrors
{
    public static bool IsError(PlainPacket packet) => packet.Ip6 ? packet.IcmpType is 1 or 2 or 3 or 4 : packet.IcmpType is 3 or 4 or 11 or 12;

    /// <summary>Of an error that claims more than there is, nobody can tell: whoever gets it will.</summary>
    public static bool HasRightChecksum(PlainPacket packet) =>
        packet.ClaimsMoreThanThereIs || (Sum(packet, packet.Bytes, packet.Source, packet.Destination) + (packet.Ip6 ? packet.End - packet.L4 + IpProtocol.Icmp6 : 0)) % 65535 == 0;

    /// <summary>The error with new ends outside and in the quote.</summary>
    public static byte[] Rewrite(PlainPacket packet, Quote quote, IPAddress source, IPAddress destination, Ends quoted)
    {
        byte[] bytes = [.. packet.Bytes];
        quote.Rewrite(bytes, packet.Bytes, quoted);
        Rewriter.SetAddresses(bytes, 0, packet.Ip6, new Ends(source, 0, destination, 0));
        if (!packet.Ip6) Rewriter.Follow(bytes, packet.Bytes, 0, packet.L4, 10);
        Wire.SetWord(bytes, packet.L4 + 2, 0);
        int before = Sum(packet, packet.Bytes, packet.Source, packet.Destination);
        Wire.SetWord(bytes, packet.L4 + 2, Wire.ChecksumFor(before, Sum(packet, bytes, source, destination)));
        return bytes;
    }

    private static int Sum(PlainPacket packet, byte[] bytes, IPAddress source, IPAddress destination) =>
        (Wire.Sum(bytes.AsSpan(packet.L4, packet.End - packet.L4)) + (packet.Ip6 ? Wire.Sum(source, destination) : 0)) % 65535;

    /// <summary>The CRC32c of a quoted SCTP packet cannot follow new ports, for the rest of the packet is not there.</summary>
    public static bool CannotFollow(Quote quote, Ends ends) =>
        quote.Protocol == IpProtocol.Sctp && quote.End - quote.L4 >= 12 && (quote.SourcePort != ends.SourcePort || quote.DestinationPort != ends.DestinationPort);
}

/// <summary>ICMP to a VIP that does not take every protocol's packets.</summary>
internal sealed class ForwardIcmp(PlainRouter router)
{
    private readonly Refusals _refusals = new(router);

    public Verdict Judge(PlainPacket packet, PlainVip vip, Seen seen)
    {
        if (packet.IsEchoRequest) return vip.HasPod ? _refusals.AnswerEcho(packet, seen) : Drop(packet, "EchoNoPod");
        if (!IcmpErrors.IsError(packet)) return Drop(packet, "IcmpNotSupported");
        IcmpHead? counterpart = vip.Kind == VipKind.Plain ? null : IcmpSwap.Counterpart(packet);
        if (vip.Kind != VipKind.Plain && counterpart == null) return WithoutCounterpart(packet, seen);
        Quote? quote = Quote.Read(packet);

        // A quoted header that is damaged and quotes nothing that could be translated has two reasons to be dropped for.
        bool mayBeEither = quote == null && seen.Reason == "IcmpQuote";
        if (!IcmpErrors.HasRightChecksum(packet) || (Quote.IsDamaged(packet) && !mayBeEither)) return Drop(packet, "IcmpDamaged");
        if (quote == null) return Drop(packet, "IcmpQuote");
        PlainSession? session = router.Sessions.Find(new Flow(quote.Protocol, quote.Destination, quote.DestinationPort, quote.Source, quote.SourcePort));
        bool unsure = session != null && router.Sessions.LifeOf(session) == Life.MayBeOver;
        if (session == null || !quote.Source.Equals(packet.Destination) || (unsure && seen.Reason == "IcmpNoSession")) return Drop(packet, "IcmpNoSession");
        if (vip.Kind == VipKind.Plain) return _refusals.CannotGoOn(packet, session.Pod, seen) ?? Translate(packet, quote, session);
        Verdict swapped = Swap(packet, quote, session, counterpart!, seen);

        // The length that is compared with the way's is the one over IPv6, quoted as much as an error over IPv6 may be.
        int? length = swapped.Fate == Fate.Translated && !packet.Ip6 ? swapped.Packet.Length : null;
        return _refusals.CannotGoOn(packet, session.Pod, seen, length) ?? swapped;
    }

    /// <summary>Of several reasons no document says which comes first.</summary>
    private static Verdict WithoutCounterpart(PlainPacket packet, Seen seen)
    {
        bool isDamaged = !IcmpErrors.HasRightChecksum(packet) || Quote.IsDamaged(packet);
        if (isDamaged && seen.Reason == "IcmpDamaged") return Drop(packet, "IcmpDamaged");
        return Quote.Read(packet) == null && seen.Reason == "IcmpQuote" ? Drop(packet, "IcmpQuote") : Obstacles.Drop(packet, seen, "NotTranslatable", "IcmpNotSupported");
    }

    private static Verdict Translate(PlainPacket packet, Quote quote, PlainSession session)
    {
        var quoted = new Ends(session.Pod.Address, session.PodPort, session.SeenClient, session.SeenPort);
        if (IcmpErrors.CannotFollow(quote, quoted)) return new Verdict(Fate.NotCovered, "the CRC of a quoted SCTP packet", packet.Bytes);
        IPAddress source = packet.Source.Equals(session.Flow.Client) ? session.SeenClient : packet.Source;
        return new Verdict(Fate.Translated, "Translated", IcmpErrors.Rewrite(packet, quote, source, session.Pod.Address, quoted));
    }

    /// <summary>The error of a router that has no address of the pod's family comes from where its packet was going (RFC 7915, section 5.2).</summary>
    private Verdict Swap(PlainPacket packet, Quote quote, PlainSession session, IcmpHead counterpart, Seen seen)
    {
        var quoted = new Ends(session.Pod.Address, session.PodPort, session.SeenClient, session.SeenPort);
        if (IcmpErrors.CannotFollow(quote, quoted)) return new Verdict(Fate.NotCovered, "the CRC of a quoted SCTP packet", packet.Bytes);
        bool isOwn = packet.Ip6 || packet.Source.Equals(session.Flow.Client);
        IPAddress source = isOwn ? session.SeenClient : Rfc6052.Embed(router.Prefix64, packet.Source);
        var outer = new Ends(source, 0, session.Pod.Address, 0);
        return new Verdict(Fate.Translated, "Translated", IcmpSwap.Translate(packet, quote, counterpart, outer, quoted, seen));
    }

    private static Verdict Drop(PlainPacket packet, string reason) => new(Fate.Dropped, reason, packet.Bytes);
}

/// <summary>ICMP errors from the pods' side about what a pod was sent.</summary>
internal sealed class ReturnIcmp(PlainRouter router)
{
    /// <summary>Null where the error is nobody's and passes.</summary>
    public Verdict? Judge(PlainPacket packet, Seen seen)
    {
        if (!IcmpErrors.IsError(packet) || !IcmpErrors.HasRightChecksum(packet) || Quote.IsDamaged(packet)) return null;
        if (Quote.Read(packet) is not { } quote || !quote.Source.Equals(packet.Destination)) return null;
        var answers = new Flow(quote.Protocol, quote.Destination, quote.DestinationPort, quote.Source, quote.SourcePort);
        PlainSession? session = router.Sessions.Answering(answers, seen);
        if (session == null) return null;
        Flow flow = session.Flow;
        var quoted = new Ends(flow.Client, flow.ClientPort, flow.Address, flow.Port);
        if (IcmpErrors.CannotFollow(quote, quoted)) return new Verdict(Fate.NotCovered, "the CRC of a quoted SCTP packet", packet.Bytes);
        if (session.Kind == VipKind.Plain) return new Verdict(Fate.Translated, "Translated", IcmpErrors.Rewrite(packet, quote, flow.Address, flow.Client, quoted));
        if (packet.Ip6 && packet.ClaimsMoreThanThereIs) return new Verdict(Fate.Dropped, "Truncated", packet.Bytes);
        if (IcmpSwap.Counterpart(packet) is not { } counterpart) return packet.Ip6 ? new Verdict(Fate.Dropped, "NotTranslatable", packet.Bytes) : null;
        byte[] bytes = IcmpSwap.Translate(packet, quote, counterpart, new Ends(flow.Address, 0, flow.Client, 0), quoted, seen);
        return new Verdict(Fate.Translated, "Translated", bytes);
    }
}
