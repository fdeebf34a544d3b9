using System.Net;

namespace KubeProxy.Oracle;

/// <summary>What this host itself says: a reset, "port unreachable", an echo reply, a router's error. Made with PacketDotNet.</summary>
internal sealed class Refusals(PlainRouter router)
{
    /// <summary>Nobody serves the packet: TCP by a reset, UDP by "port unreachable", everything else by nothing.</summary>
    public Verdict Refuse(PlainPacket packet, string reason)
    {
        if (!IsAnswerable(packet) || !HasRightChecksum(packet)) return NotAnswered(packet, reason);
        if (packet.Protocol == IpProtocol.Tcp)
            return TcpLife.Read(packet) == Segment.Rst ? NotAnswered(packet, reason) : Answers.Say(packet, reason, "reject: rst", Answers.Reset(packet));
        if (packet.Protocol != IpProtocol.Udp) return NotAnswered(packet, reason);
        return Answers.Say(packet, reason, "reject: port unreachable", Answers.Error(packet, packet.Destination, packet.Ip6 ? 1 : 3, packet.Ip6 ? 4 : 3, 0));
    }

    /// <summary>Why a packet whose pod is known is not sent on, or null.</summary>
    public Verdict? CannotGoOn(PlainPacket packet, PlainPod pod)
    {
        if (packet.ClaimsMoreThanThereIs) return new Verdict(Fate.Dropped, "Truncated", packet.Bytes);
        if (packet.Hops <= 1) return OfARouter(packet, "NoHopLeft", "reject: time exceeded", packet.Ip6 ? 3 : 11, 0, 0);
        bool tooLong = router.MtuBytes.TryGetValue(pod.Address, out int mtu) && packet.MayNotBeCut && packet.ClaimedBytes > mtu;
        if (!tooLong) return null;
        return OfARouter(packet, "TooLong", "reject: packet too big", packet.Ip6 ? 2 : 3, packet.Ip6 ? 0 : 4, mtu);
    }

    public Verdict AnswerEcho(PlainPacket packet)
    {
        bool options = !packet.Ip6 && packet.L4 > 20;
        if (!IsAnswerable(packet) || options || !IcmpErrors.HasRightChecksum(packet)) return NotAnswered(packet, "EchoRequest");
        return Answers.Say(packet, "EchoRequest", "echo answered", Answers.EchoReply(packet)) with { Free = [] };
    }

    private Verdict OfARouter(PlainPacket packet, string reason, string reply, int type, int code, int mtu)
    {
        IPAddress? own = packet.Ip6 ? router.RouterIp6 : router.RouterIp4;
        bool isError = packet.IsIcmp && IcmpErrors.IsError(packet);
        bool isLaterFragment = !packet.Ip6 && (Wire.Word(packet.Bytes, 6) & 0x1FFF) != 0;
        bool isHeaderAlone = packet.End == (packet.Ip6 ? 40 : packet.L4);
        if (own == null || isError || isLaterFragment || isHeaderAlone || !IsAnswerable(packet)) return NotAnswered(packet, reason);
        return Answers.Say(packet, reason, reply, Answers.Error(packet, own, type, code, mtu));
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
