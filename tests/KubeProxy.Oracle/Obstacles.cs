namespace KubeProxy.Oracle;

/// <summary>What keeps a client's packet from a pod of the other family, whoever that may be.</summary>
internal sealed class Obstacles(PlainRouter router)
{
    private const int LeastMtu6 = 1280;
    private readonly Refusals _refusals = new(router);

    /// <summary>Null where nothing is in the way. Of several obstacles the one that was seen: no document says which comes first.</summary>
    public Verdict? Find(PlainPacket asItCame, PlainPacket packet, VipKind kind, Seen seen)
    {
        Verdict[] found = kind == VipKind.Nat46 ? [.. OfIp4(packet, seen)] : [.. OfIp6(asItCame, packet, seen)];
        if (found.Length == 0) return null;
        if (packet.Shape == Shape.HeaderCut) found = [.. found, Drop(packet, "Truncated")];
        if (packet.Shape == Shape.ExtensionHeader) found = [.. found, Drop(packet, "ExtensionHeader")];
        return found.FirstOrDefault(verdict => verdict.Reason == seen.Reason) ?? found[0];
    }

    /// <summary>A drop for one of several reasons, of which no document says which comes first.</summary>
    public static Verdict Drop(PlainPacket packet, Seen seen, params string[] reasons) =>
        Drop(packet, reasons.Contains(seen.Reason) ? seen.Reason : reasons[0]);

    private IEnumerable<Verdict> OfIp4(PlainPacket packet, Seen seen)
    {
        if (packet.Bytes.Length < 20) yield break;
        if (!Hosts.IsOneHost(packet.Source) || packet.Source.Equals(packet.Destination)) yield return Drop(packet, "BadSource");
        if (packet.L4 > packet.End || packet.L4 < 20) yield break;
        Ip4Route route = Ip4Options.Read(packet);
        if (route == Ip4Route.Unreadable) yield return Drop(packet, "NotTranslatable");
        if (route == Ip4Route.Open) yield return _refusals.Prohibit(packet, "OpenRoute", "reject: source route failed", 3, 5, seen);
        if (PlainPacket.IsExtensionHeader(packet.Protocol) || packet.Protocol == IpProtocol.Icmp6) yield return Drop(packet, "NotTranslatable");
        bool noChecksum = router.RefusesNoUdpChecksum && packet.Shape == Shape.Whole && packet.HasNoUdpChecksum;
        if (packet.Shape == Shape.Whole && packet.HasNoUdpChecksum && !packet.HasUdpLength) yield return Drop(packet, "ZeroUdpChecksum");
        if (noChecksum) yield return _refusals.Prohibit(packet, "NoUdpChecksum", "reject: prohibited", 3, 13, seen);
        if (!packet.MayNotBeCut && Refusals.BytesOverIp6(packet) > LeastMtu6) yield return new Verdict(Fate.Fragmented, "ToBeFragmented", packet.Bytes);
    }

    private IEnumerable<Verdict> OfIp6(PlainPacket asItCame, PlainPacket packet, Seen seen)
    {
        if (packet.Bytes.Length < 40) yield break;
        if (packet.Bytes[6] == IpProtocol.Fragment && packet.End - 40 < 8) yield return Drop(packet, "ExtensionHeader");
        if (Ip6Chain.HidesHeader(packet)) yield return _refusals.Prohibit(asItCame, "HiddenHeader", "reject: prohibited", 1, 1, seen);
        if (router.Prefix64.Contains(packet.Source)) yield return Drop(packet, "NotTranslatable");
        if (packet.Protocol == IpProtocol.Icmp) yield return Drop(packet, "NotTranslatable");
        bool isLeftOut = packet.Shape == Shape.Whole && packet.IsIcmp && !packet.IsEchoRequest && (!IcmpErrors.IsError(packet) || IcmpSwap.Counterpart(packet) == null);
        if (isLeftOut) yield return Drop(packet, seen, "NotTranslatable", "IcmpNotSupported");
    }

    private static Verdict Drop(PlainPacket packet, string reason) => new(Fate.Dropped, reason, packet.Bytes);
}
