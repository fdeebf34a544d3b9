using System.Net;

namespace KubeProxy.Oracle;

/// <summary>What this host itself says: a reset, "port unreachable", an echo reply, a router's error. Made with PacketDotNet.</summary>
internal sealed class Refusals(PlainRouter router)
{
    private const int FamilyGrowth = 20;
    private const int FragmentHeaderBytes = 8;
    private const int LeastMtu6 = 1280;
    private const int QuoteOffset = 28;

    /// <summary>Nobody serves the packet: TCP by a reset, UDP by "port unreachable", everything else by nothing.</summary>
    public Verdict Refuse(PlainPacket packet, string reason, Seen seen)
    {
        PlainPacket quoted = AsQuoted(packet, seen);
        if (packet.IsPart || !IsAnswerable(packet) || !HasRightChecksum(packet)) return NotAnswered(packet, reason);
        if (packet.Protocol == IpProtocol.Tcp)
            return TcpLife.Read(packet) == Segment.Rst ? NotAnswered(packet, reason) : Answers.Say(packet, reason, "reject: rst", Answers.Reset(packet));
        if (packet.Protocol != IpProtocol.Udp) return NotAnswered(packet, reason);
        return Answers.Say(packet, reason, "reject: port unreachable", Answers.Error(quoted, packet.Destination, packet.Ip6 ? 1 : 3, packet.Ip6 ? 4 : 3, 0));
    }

    /// <summary>Why a packet whose pod is known is not sent on, or null.</summary>
    public Verdict? CannotGoOn(PlainPacket packet, PlainPod pod, Seen seen, int? translatedBytes = null)
    {
        if (packet.ClaimsMoreThanThereIs) return new Verdict(Fate.Dropped, "Truncated", packet.Bytes);
        if (packet.Hops <= 1) return OfARouter(packet, "NoHopLeft", "reject: time exceeded", packet.Ip6 ? 3 : 11, 0, 0, seen);
        if (!router.MtuBytes.TryGetValue(pod.Address, out int mtu)) return null;
        VipKind kind = pod.Service.Vip.Kind;
        int bytes = translatedBytes ?? (kind == VipKind.Nat46 ? BytesOverIp6(packet) : packet.ClaimedBytes);
        if (kind == VipKind.Nat64) mtu = Math.Max(mtu + FamilyGrowth, LeastMtu6);
        bool tooLong = bytes > mtu && (packet.MayNotBeCut || kind == VipKind.Nat46);
        if (!tooLong) return null;
        int told = kind == VipKind.Nat46 ? Math.Max(0, mtu - FamilyGrowth) : mtu;
        return OfARouter(packet, "TooLong", "reject: packet too big", packet.Ip6 ? 2 : 3, packet.Ip6 ? 0 : 4, told, seen);
    }

    /// <summary>RFC 7915, sections 4.5 and 5.1.1, and 4.1: what stands in a packet's own header is told by this host as the router that it is.</summary>
    public Verdict Prohibit(PlainPacket packet, string reason, string reply, int type, int code, Seen seen) => OfARouter(packet, reason, reply, type, code, 0, seen, isOwn: true);

    /// <summary>Length of an IPv4 packet whose header is IPv6's.</summary>
    public static int BytesOverIp6(PlainPacket packet) =>
        40 + packet.ClaimedBytes - packet.L4 + ((Wire.Word(packet.Bytes, 6) & 0x3FFF) != 0 ? FragmentHeaderBytes : 0);

    public Verdict AnswerEcho(PlainPacket packet, Seen seen)
    {
        bool isSwapped = router.KindOf(packet) == VipKind.Nat46;
        bool options = !packet.Ip6 && packet.L4 > 20 && !isSwapped;
        if (!IsAnswerable(packet) || options || !IcmpErrors.HasRightChecksum(packet)) return NotAnswered(packet, "EchoRequest");
        return Answers.Say(packet, "EchoRequest", "echo answered", Answers.EchoReply(isSwapped ? RoundTrip(packet, IcmpSwap.Identification(seen.Answer, 0)) : packet)) with { Free = [] };
    }

    private Verdict OfARouter(PlainPacket packet, string reason, string reply, int type, int code, int mtu, Seen seen, bool isOwn = false)
    {
        bool isSwapped = router.KindOf(packet) == VipKind.Nat46 && !isOwn;
        IPAddress? own = isSwapped ? packet.Destination : packet.Ip6 ? router.RouterIp6 : router.RouterIp4;
        bool isError = packet.IsIcmp && IcmpErrors.IsError(packet);
        bool isLaterFragment = !packet.Ip6 && (Wire.Word(packet.Bytes, 6) & 0x1FFF) != 0;
        bool isHeaderAlone = packet.End == (packet.Ip6 ? 40 : packet.L4);
        if (own == null || isError || isLaterFragment || isHeaderAlone || !IsAnswerable(packet)) return NotAnswered(packet, reason);
        if (isSwapped && packet.End - packet.L4 < 8) return new Verdict(Fate.NotCovered, reason, packet.Bytes) { Reply = "a quote of less than 8 bytes in the other family" };
        return Answers.Say(packet, reason, reply, Answers.Error(isOwn ? packet : AsQuoted(packet, seen), own, type, code, mtu));
    }

    /// <summary>What an error about the packet quotes: of a <c>nat46</c> VIP's, what is left of it when its header has become IPv6's and IPv4's again.</summary>
    private PlainPacket AsQuoted(PlainPacket packet, Seen seen) =>
        router.KindOf(packet) == VipKind.Nat46 ? RoundTrip(packet, IcmpSwap.Identification(seen.Answer, QuoteOffset)) : packet;

    private PlainPacket RoundTrip(PlainPacket packet, int identification)
    {
        var there = new Ends(Rfc6052.Embed(router.Prefix64, packet.Source), packet.SourcePort, packet.Destination.MapToIPv6(), packet.DestinationPort);
        var back = new Ends(packet.Source, packet.SourcePort, packet.Destination, packet.DestinationPort);
        return new PlainPacket(FamilySwap.Translate(new PlainPacket(FamilySwap.Translate(packet, there, 0)), back, identification));
    }

    /// <summary>Both ends are single hosts, and different ones (RFC 1122, section 3.2.2); lengths agree.</summary>
    private static bool IsAnswerable(PlainPacket packet) =>
        Hosts.MayBeAnswered(packet.Source) && Hosts.MayBeAnswered(packet.Destination) && !packet.Source.Equals(packet.Destination) && !packet.ClaimsMoreThanThereIs;

    private static bool HasRightChecksum(PlainPacket packet)
    {
        int length = packet.End - packet.L4;
        if (packet.Protocol == IpProtocol.Udp)
        {
            length = Wire.Word(packet.Bytes, packet.L4 + 4);
            if (length < 8 || length > packet.End - packet.L4) return false;
            if (!packet.Ip6 && packet.HasNoUdpChecksum) return true;
        }
        else if (packet.Protocol == IpProtocol.Tcp)
        {
            int header = (packet.Bytes[packet.L4 + 12] >> 4) * 4;
            if (header < 20 || header > length) return false;
        }
        else
        {
            return false;
        }

        int sum = Wire.Sum(packet.Bytes.AsSpan(packet.L4, length)) + Wire.Sum(packet.Source, packet.Destination) + packet.Protocol + length;
        return sum % 65535 == 0;
    }

    private static Verdict NotAnswered(PlainPacket packet, string reason) => new(Fate.Dropped, reason, packet.Bytes) { Reply = "reject: not answerable" };
}
