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
        if (packet.IsEchoRequest) return vip.HasPod ? _refusals.AnswerEcho(packet) : Drop(packet, "EchoNoPod");
        if (!IcmpErrors.IsError(packet)) return Drop(packet, "IcmpNotSupported");
        Quote? quote = Quote.Read(packet);

        // A quoted header that is damaged and quotes nothing that could be translated has two reasons to be dropped for.
        bool mayBeEither = quote == null && seen.Reason == "IcmpQuote";
        if (!IcmpErrors.HasRightChecksum(packet) || (Quote.IsDamaged(packet) && !mayBeEither)) return Drop(packet, "IcmpDamaged");
        if (quote == null) return Drop(packet, "IcmpQuote");
        PlainSession? session = router.Sessions.Find(new Flow(quote.Protocol, quote.Destination, quote.DestinationPort, quote.Source, quote.SourcePort));
        bool unsure = session != null && router.Sessions.LifeOf(session) == Life.MayBeOver;
        if (session == null || !quote.Source.Equals(packet.Destination) || (unsure && seen.Reason == "IcmpNoSession")) return Drop(packet, "IcmpNoSession");
        return _refusals.CannotGoOn(packet, session.Pod) ?? Translate(packet, quote, session);
    }

    private static Verdict Translate(PlainPacket packet, Quote quote, PlainSession session)
    {
        var quoted = new Ends(session.Pod.Address, session.PodPort, session.SeenClient, session.SeenPort);
        if (IcmpErrors.CannotFollow(quote, quoted)) return new Verdict(Fate.NotCovered, "the CRC of a quoted SCTP packet", packet.Bytes);
        IPAddress source = packet.Source.Equals(session.Flow.Client) ? session.SeenClient : packet.Source;
        return new Verdict(Fate.Translated, "Translated", IcmpErrors.Rewrite(packet, quote, source, session.Pod.Address, quoted));
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
        return new Verdict(Fate.Translated, "Translated", IcmpErrors.Rewrite(packet, quote, flow.Address, flow.Client, quoted));
    }
}
