using System.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Oracle;
using KubeProxy.Properties.Tests.Setup;
using RealVerdict = KubeProxy.Core.Tests.Pipeline.Verdict;
using SessionUse = KubeProxy.Core.Pipeline.SessionUse;
using Verdict = KubeProxy.Oracle.Verdict;

namespace KubeProxy.Properties.Tests.Duel;

/// <summary>Sends a packet through both, and compares verdict, bytes and counters.</summary>
public sealed class Judge(TwoRouters routers)
{
    private static readonly Dictionary<Rejection, string> Replies = new()
    {
        [Rejection.None] = "",
        [Rejection.Reset] = "reject: rst",
        [Rejection.PortUnreachable] = "reject: port unreachable",
        [Rejection.EchoReply] = "echo answered",
        [Rejection.TimeExceeded] = "reject: time exceeded",
        [Rejection.TooBig] = "reject: packet too big",
        [Rejection.Prohibited] = "reject: prohibited",
        [Rejection.SourceRouteFailed] = "reject: source route failed",
        [Rejection.NotAnswerable] = "reject: not answerable",
    };

    private byte[] _last = new byte[40];

    public long Cases { get; private set; }

    public long NotCovered { get; private set; }

    public Dictionary<string, long> Fates { get; } = [];

    /// <summary>The verdict, or null for a packet that is not routed to the nodes.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="whole">The datagram that it is a fragment of, where its ports are known.</param>
    public Verdict? Forward(byte[] packet, PlainPacket? whole = null)
    {
        _last = packet;
        if (SlotOf(packet) is not { } slot) return null;
        Totals before = routers.Real.Totals();
        ToldPorts? told = Told(whole);
        (Deed deed, int port) = told == null ? (routers.Real.Forward(packet, slot, WorkerOf(packet)), 0) : routers.Real.Part(packet, slot, WorkerOf(whole!.Bytes), told, isForward: true);
        Totals after = routers.Real.Totals();
        RealVerdict real = deed.Verdict;
        var seen = new Seen(real.Outcome.ToString(), real.Bytes, FlowOf(real.Session), after.FailedOver > before.FailedOver) { Answer = deed.Answer, SourcePort = port };
        Verdict verdict = routers.Plain.Forward(packet, seen, told);
        Count(verdict, $"forward{(told == null ? NameOf(packet) : $" {PieceOf(whole!)}")}");
        if (verdict.Fate == Fate.NotCovered) return verdict;
        if (Compare(verdict, deed, packet) is { } difference) throw Report("forward", packet, verdict, deed, difference);
        if (CompareCounters(verdict, before, after) is { } counters) throw Report("forward", packet, verdict, deed, counters);
        return verdict;
    }

    /// <summary>Where the packet is routed to: a VIP, or the node itself, of whose packets both must sort out the same.</summary>
    private uint? SlotOf(byte[] packet)
    {
        var read = new PlainPacket(packet);
        if (!routers.Plain.Own.Contains(read.Destination)) return routers.Real.Route(read.Destination);
        uint? slot = routers.Real.NodePort(packet, WorkerOf(packet));
        bool isService = routers.Plain.Route(read) != null;
        if (isService != slot.HasValue) throw new DifferenceException($"node port: slot {slot} where a service is {isService}\npacket {Convert.ToHexString(packet)}\n{string.Join('\n', routers.Lines)}");
        Cases++;
        Fates["forward Passed to the node"] = Fates.GetValueOrDefault("forward Passed to the node") + (slot == null ? 1 : 0);
        return slot;
    }

    /// <summary>The verdict about a packet from the pods' side, or about a fragment of <paramref name="whole"/>.</summary>
    public Verdict Return(byte[] packet, PlainPacket? whole = null)
    {
        _last = packet;
        Totals before = routers.Real.Totals();
        ToldPorts? told = Told(whole);
        RealVerdict real = told == null ? routers.Real.Return(packet, WorkerOf(packet)) : routers.Real.Part(packet, 0, WorkerOf(whole!.Bytes), told, isForward: false).Deed.Verdict;
        var seen = new Seen(real.Outcome.ToString(), real.Bytes, FlowCount.None, false);
        Verdict verdict = routers.Plain.Return(packet, seen, told);
        Count(verdict, told != null ? $"return {PieceOf(whole!)}" : verdict.Fate != Fate.Translated || verdict.Packet[0] >> 4 == packet[0] >> 4 ? "return" : packet[0] >> 4 == 6 ? "return nat46" : "return nat64");
        if (verdict.Fate == Fate.NotCovered) return verdict;
        bool isDropped = verdict.Fate == Fate.Dropped;
        string? difference = (verdict.Fate == Fate.Translated) != seen.Translated ? "translated or not" : isDropped ? Dropped(real) : Comparison.Difference(verdict, real.Bytes);
        if (routers.Real.Totals() != before) difference ??= "the return path counts";
        if (difference != null) throw Report("return", packet, verdict, new Deed(real, Rejection.None, []), difference);
        return verdict;
    }

    /// <summary>What virtual reassembly tells of the datagram with each of its fragments.</summary>
    private static ToldPorts? Told(PlainPacket? whole) =>
        whole == null ? null : new ToldPorts(whole.SourcePort, whole.DestinationPort, whole.Protocol == IpProtocol.Tcp ? whole.Bytes[whole.L4 + 13] : 0);

    /// <summary>An answer that has become the client's and cannot leave in the client's family does not leave at all.</summary>
    private static string? Dropped(RealVerdict real) => real.Bytes.Length == 0 ? null : "passes";

    /// <summary>As a network card does it: by the packet's ends, so that a flow stays on its worker and its answers come to any.</summary>
    private int WorkerOf(byte[] packet)
    {
        var read = new PlainPacket(packet);
        bool whole = read.Shape == Shape.Whole;
        int hash = HashCode.Combine(read.Source, read.Destination, read.Protocol, whole ? read.SourcePort : 0, whole ? read.DestinationPort : 0);
        return (hash & int.MaxValue) % routers.Real.Path.Options.WorkerCount;
    }

    /// <summary>Every session that must be there is there, and no other.</summary>
    public void CompareSessions()
    {
        HashSet<string> real = [.. routers.Real.Sessions().Select(Text)];
        (PlainSession Session, Life Life)[] plain = [.. routers.Plain.Sessions.All];
        string? missing = plain.Where(pair => pair.Life == Life.Live).Select(pair => Text(pair.Session)).FirstOrDefault(text => !real.Contains(text));
        string? surplus = real.Except(plain.Select(pair => Text(pair.Session))).FirstOrDefault();
        if (missing != null || surplus != null) throw new DifferenceException($"sessions: missing {missing ?? "none"}, too many {surplus ?? "none"}\nlast packet {Convert.ToHexString(_last)}\n{Sessions(_last)}{string.Join('\n', routers.Lines)}");
    }

    private string? Compare(Verdict verdict, Deed deed, byte[] packet)
    {
        RealVerdict real = deed.Verdict;
        if (real.Outcome.ToString() != verdict.Reason) return $"outcome {real.Outcome}";
        if (Replies.GetValueOrDefault(deed.Rejection, deed.Rejection.ToString()) != verdict.Reply) return $"reply {deed.Rejection}";
        if (verdict.Fate == Fate.Answered) return Comparison.Difference(verdict, deed.Answer) ?? Untouched(verdict, real, packet);
        if (verdict.Fate != Fate.Translated) return Untouched(verdict, real, packet);
        SessionUse use = verdict.Service == null ? SessionUse.Quoted : Enum.Parse<SessionUse>(verdict.Flow.ToString());
        if (real.Session != use) return $"session {real.Session}";
        return Comparison.Difference(verdict, real.Bytes) ?? ComparePod(verdict, real);
    }

    /// <summary>A packet whose header has become one of the other family and is then dropped is nobody's any more.</summary>
    private string? Untouched(Verdict verdict, RealVerdict real, byte[] packet) =>
        routers.Plain.KindOf(new PlainPacket(packet)) != VipKind.Plain && verdict.Fate != Fate.Fragmented ? null : real.Bytes.AsSpan().SequenceEqual(packet) ? null : "a packet that is not translated has changed";

    private string? ComparePod(Verdict verdict, RealVerdict real)
    {
        if (verdict.Pod is not { } pod) return null;
        IPAddress address = routers.Real.PodAddress(real.PodSlot, pod.Address.IsIp6() || pod.Service.Vip.Kind != VipKind.Plain);
        if (!address.Equals(pod.Address)) return $"pod {address}";
        Pod? known = routers.Real.Catalog.FindPod(real.PodSlot);
        (int protocol, int port) = (pod.Service.Protocol, pod.Service.Port);
        bool same = known != null && (protocol < 0 || known.Service.Key.Protocol == protocol) && known.Service.Key.Port == Math.Max(0, port);
        return same && known!.Service.Vip.Prefix.Equals(pod.Service.Vip.Prefix) ? null : $"service {known?.Service.Key} of {known?.Service.Vip.Prefix}";
    }

    /// <summary>P8: a packet moves exactly one counter of its service, and its pod's if it reaches one.</summary>
    private static string? CompareCounters(Verdict verdict, Totals before, Totals after)
    {
        bool isCounted = verdict is { Fate: Fate.Translated, Service: not null };
        bool hasNoPod = verdict.Reason == "NoPod";
        ulong bytes = isCounted ? CountedBytes(verdict) : 0;
        var expected = new Totals(
            before.Existing + One(verdict.Flow == FlowCount.Existing), before.First + One(verdict.Flow == FlowCount.First),
            before.Untracked + One(verdict.Flow == FlowCount.Untracked), before.NoPod + One(hasNoPod), before.FailedOver + One(verdict.FailedOver),
            new PacketCount(before.Pods.Packets + One(isCounted), before.Pods.Bytes + bytes));
        return expected == after ? null : $"counters {after} instead of {expected}";
    }

    /// <summary>The packet's length; where one of the two families is IPv6, over that.</summary>
    private static ulong CountedBytes(Verdict verdict) =>
        (ulong)new PlainPacket(verdict.Packet).ClaimedBytes + (verdict.Service!.Vip.Kind == VipKind.Nat64 ? 20ul : 0);

    private static ulong One(bool condition) => condition ? 1ul : 0ul;

    private static FlowCount FlowOf(SessionUse use) => use switch
    {
        SessionUse.Existing => FlowCount.Existing,
        SessionUse.First => FlowCount.First,
        SessionUse.Untracked => FlowCount.Untracked,
        _ => FlowCount.None,
    };

    private string NameOf(byte[] packet)
    {
        var read = new PlainPacket(packet);
        if (routers.Plain.Own.Contains(read.Destination)) return " node port";
        return routers.Plain.KindOf(read) switch { VipKind.Nat46 => " nat46", VipKind.Nat64 => " nat64", _ => "" };
    }

    private static string PieceOf(PlainPacket whole) => whole.Protocol == IpProtocol.Tcp ? "tcp fragment" : "fragment";

    private void Count(Verdict verdict, string direction)
    {
        Cases++;
        if (verdict.Fate == Fate.NotCovered) NotCovered++;
        string details = verdict.Fate == Fate.Translated ? $"{verdict.Flow}{(verdict.FailedOver ? " failed over" : "")}" : $"{verdict.Reason} {verdict.Reply}";
        string name = $"{direction} {verdict.Fate} {details}".TrimEnd();
        Fates[name] = Fates.GetValueOrDefault(name) + 1;
        if (verdict is { Fate: Fate.Translated, Service: not null }) verdict.Service.Counts[verdict.Flow] = verdict.Service.Counts.GetValueOrDefault(verdict.Flow) + 1;
    }

    private DifferenceException Report(string direction, byte[] packet, Verdict verdict, Deed deed, string difference) => new(
        $"{direction}: {difference}\npacket {Convert.ToHexString(packet)}\noracle {verdict.Fate} {verdict.Reason} {verdict.Reply} {verdict.Flow} pod {verdict.Pod?.Address}\n"
        + $"       {Convert.ToHexString(verdict.Packet)}\nreal   {deed.Verdict.Outcome} {deed.Rejection} {deed.Verdict.Session} slot {deed.Verdict.PodSlot}\n"
        + $"       {Convert.ToHexString(deed.Answer.Length > 0 ? deed.Answer : deed.Verdict.Bytes)}\n"
        + $"{Sessions(packet)}after\n{string.Join('\n', routers.Lines)}");

    /// <summary>Sessions of the packet's source, as both have them.</summary>
    private string Sessions(byte[] packet)
    {
        string source = $" {new PlainPacket(packet).Source} ";
        IEnumerable<string> plain = routers.Plain.Sessions.All.Select(pair => $"oracle: {Text(pair.Session)} {pair.Life} {pair.Session.State} since {pair.Session.LastSeconds - routers.Plain.NowSeconds} s");
        IEnumerable<string> real = routers.Real.Sessions().Select(session => $"real:   {Text(session)} idle {session.IdleSeconds} s");
        return string.Concat(plain.Concat(real).Where(text => text.Contains(source, StringComparison.Ordinal)).Select(text => $"{text}\n"));
    }

    private string Text(SessionView session)
    {
        IPAddress pod = routers.Real.PodAddress(session.PodSlot, session.Client.Address.IsIp6());
        bool ports = IpProtocol.HasPorts(session.Protocol);
        string source = session.Source == null ? "kept" : $"{new IPEndPoint(RealRouter.Plain(session.Source.Address), session.Source.Port)}";
        return $"{session.Protocol} {session.Client.Address} {(ports ? session.Client.Port : 0)} {RealRouter.Plain(session.Vip.Address)} {(ports ? session.Vip.Port : 0)} {pod} {source}";
    }

    private string Text(PlainSession session)
    {
        bool isNat46 = session.Kind == VipKind.Nat46;
        IPAddress client = isNat46 ? Rfc6052.Embed(routers.Plain.Prefix64, session.Flow.Client) : session.Flow.Client;
        int protocol = isNat46 ? FamilySwap.Protocol(session.Flow.Protocol, ip6: false) : session.Flow.Protocol;
        string source = session.Masqueraded ? $"{new IPEndPoint(session.SeenClient, session.SeenPort)}" : "kept";
        return $"{protocol} {client} {session.Flow.ClientPort} {session.Flow.Address} {session.Flow.Port} {session.Pod.Address} {source}";
    }
}
