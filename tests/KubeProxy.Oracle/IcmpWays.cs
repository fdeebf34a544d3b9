using System.Net;

namespace KubeProxy.Oracle;

/// <summary>What both directions of ICMP errors have in common.</summary>
internal static class IcmpErrors
{
    public static bool IsError(PlainPacket packet) => packet.Ip6 ? packet.IcmpType is 1 or 2 or 3 or 4 : packet.IcmpType is 3 or 4 or 11 or 12;

    public static bool HasRightChecksum(PlainPacket packet)
    {
        int sum = Wire.Sum(packet.Bytes.AsSpan(packet.L4, packet.End - packet.L4));
        if (packet.Ip6) sum += Wire.Sum(packet.Source, packet.Destination) + packet.End - packet.L4 + IpProtocol.Icmp6;
        return sum % 65535 == 0;
    }

    /// <summary>The error with new ends outside and in the quote.</summary>
    public static byte[] Rewrite(PlainPacket packet, Quote quote, IPAddress source, IPAddress destination, Ends quoted)
    {
        byte[] bytes = [.. packet.Bytes];
        quote.Rewrite(bytes, packet.Bytes, quoted);
        Rewriter.SetAddresses(bytes, 0, packet.Ip6, new Ends(source, 0, destination, 0));
        if (!packet.Ip6) Rewriter.Follow(bytes, packet.Bytes, 0, packet.L4, 10);
        Wire.SetWord(bytes, packet.L4 + 2, 0);
        int sum = Wire.Sum(bytes.AsSpan(packet.L4, packet.End - packet.L4));
        if (packet.Ip6) sum += Wire.Sum(source, destination) + packet.End - packet.L4 + IpProtocol.Icmp6;
        Wire.SetWord(bytes, packet.L4 + 2, Wire.ChecksumFor(0, sum % 65535));
        return bytes;
    }

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
        if (packet.ClaimsMoreThanThereIs) return new Verdict(Fate.NotCovered, "an ICMP error whose length lies", packet.Bytes);
        if (!IcmpErrors.HasRightChecksum(packet) || Quote.IsDamaged(packet)) return Drop(packet, "IcmpDamaged");
        Quote? quote = Quote.Read(packet);
        if (quote == null) return Drop(packet, "IcmpQuote");
        PlainSession? session = router.Sessions.Find(new Flow(quote.Protocol, quote.Destination, quote.DestinationPort, quote.Source, quote.SourcePort));
        bool unsure = session != null && router.Sessions.LifeOf(session) == Life.MayBeOver;
        if (session == null || !quote.Source.Equals(packet.Destination) || (unsure && !seen.Translated)) return Drop(packet, "IcmpNoSession");
        return _refusals.CannotGoOn(packet, session.Pod, vip) ?? Translate(packet, quote, session);
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
        PlainSession? session = router.Sessions.WithAnswers(answers).FirstOrDefault();
        if (session == null || (router.Sessions.LifeOf(session) == Life.MayBeOver && !seen.Translated)) return null;
        Flow flow = session.Flow;
        var quoted = new Ends(flow.Client, flow.ClientPort, flow.Address, flow.Port);
        if (IcmpErrors.CannotFollow(quote, quoted)) return new Verdict(Fate.NotCovered, "the CRC of a quoted SCTP packet", packet.Bytes);
        return new Verdict(Fate.Translated, "Translated", IcmpErrors.Rewrite(packet, quote, flow.Address, flow.Client, quoted));
    }
}
