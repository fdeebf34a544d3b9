using System.Net;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Oracle;
using KubeProxy.Properties.Tests.Generators;
using Verdict = KubeProxy.Oracle.Verdict;

namespace KubeProxy.Properties.Tests.Duel;

/// <summary>Plays a scenario on both routers.</summary>
public sealed class Play : IDisposable
{
    private const int Remembered = 24;
    private const int SessionsEvery = 8;
    private readonly List<byte[]> _toPods = [];
    private readonly List<byte[]> _toClients = [];
    private readonly List<byte[]> _requests = [];
    private readonly Configuration _configuration;

    public Play(Scenario scenario, DataPathOptions? options = null)
    {
        Scenario = scenario;
        Routers = new TwoRouters(options);
        Judge = new Judge(Routers);
        _configuration = new Configuration(Routers, new Random(scenario.Configuration));
    }

    public Scenario Scenario { get; }

    public TwoRouters Routers { get; }

    public Judge Judge { get; }

    /// <summary>Called with every packet that was translated towards a pod.</summary>
    public Action<byte[], Verdict>? Translated { get; set; }

    /// <summary>Throws noise at both directions, packets too that VPP would have stopped; only that nothing breaks is looked at.</summary>
    public void Throw(Random random, int count)
    {
        for (int i = 0; i < count; i++)
        {
            byte[] packet = Mutation.Apply(random, Request(random), Request(random));
            if (packet[0] >> 4 != 6) packet[0] = (byte)(0x40 | (packet[0] & 15));
            uint slot = (uint)random.Next(12);
            _ = Routers.Real.Forward(packet, slot);
            _ = Routers.Real.Return(packet);
        }
    }

    public void Run()
    {
        _configuration.Build();
        for (int i = 0; i < Scenario.Steps.Length; i++)
        {
            Do(Scenario.Steps[i]);
            if (i % SessionsEvery == 0) Judge.CompareSessions();
        }

        Judge.CompareSessions();
    }

    public void Dispose() => Routers.Dispose();

    private void Do(Step step)
    {
        var random = new Random(step.Seed);
        switch (step.Kind)
        {
            case < 37: Forward(random, Request(random)); break;
            case < 40: InPieces(random); break;
            case < 53: Forward(random, Again(random)); break;
            case < 58: Repeat(random); break;
            case < 76: Return(random, Answer(random)); break;
            case < 80: Return(random, Direct(random)); break;
            case < 84: ErrorToVip(random); break;
            case < 88: ErrorFromPods(random); break;
            case < 95: _configuration.Change(random); break;
            default: Routers.Pass(new[] { 1, 1, 1, 2, 5, 30, 59, 90, 119, 180, 241, 1000, 7000, 30000 }[random.Next(14)]); break;
        }
    }

    private void Forward(Random random, byte[] packet)
    {
        if (random.Next(4) == 0) packet = Mutation.Apply(random, packet, _requests.Count == 0 ? packet : Pick(random, _requests));
        if (Mutation.Arrives(packet)) Deliver(packet);
    }

    /// <summary>A client's datagram in fragments, and its pod's answer likewise.</summary>
    private void InPieces(Random random)
    {
        var request = new PlainPacket(random.Next(2) == 0 ? Again(random) : Request(random));
        if (!Cutter.CanCut(request) || Routers.Plain.KindOf(request) != VipKind.Plain || Routers.Plain.Own.Contains(request.Destination)) return;
        foreach (byte[] piece in Cutter.Cut(random, request)) _ = Judge.Forward(piece, request);
        if (Answer(random) is not { } bytes) return;
        var answer = new PlainPacket(bytes);
        if (!Cutter.CanCut(answer) || Routers.Plain.Sessions.WithAnswers(new Flow(answer.Protocol, answer.Source, answer.SourcePort, answer.Destination, answer.DestinationPort)).Any(session => session.Kind != VipKind.Plain)) return;
        foreach (byte[] piece in Cutter.Cut(random, answer)) _ = Judge.Return(piece, answer);
    }

    private void Deliver(byte[] packet)
    {
        Verdict? verdict = Judge.Forward(packet);
        if (verdict is not { Fate: Fate.Translated }) return;
        Translated?.Invoke(packet, verdict);
        Remember(_requests, packet);
        Remember(_toPods, verdict.Packet);
    }

    private void Return(Random random, byte[]? packet)
    {
        if (packet == null) return;
        if (random.Next(5) == 0) packet = Mutation.Apply(random, packet, packet);
        if (!Mutation.Arrives(packet)) return;
        Verdict verdict = Judge.Return(packet);
        if (verdict.Fate == Fate.Translated) Remember(_toClients, verdict.Packet);
    }

    private static byte[] Request(Random random)
    {
        bool ip6 = random.Next(2) == 0;
        var ends = new Ends(World.Source(random, ip6), Configuration.ClientPort(random), World.AddressOf(random, ip6), Configuration.VipPort(random));
        if (random.Next(9) == 0) ends = ends with { Destination = World.OwnOf(random, ip6), DestinationPort = Configuration.NodePort(random) };
        if (random.Next(150) == 0) ends = ends with { Source = ends.Destination };
        int protocol = PacketMaker.AnyProtocol(random, ip6);
        bool suits = IpProtocol.HasPorts(protocol) || random.Next(4) == 0;
        return PacketMaker.Make(random, suits ? ends : ends with { Destination = World.AddressOfEverything(random, ip6) }, protocol);
    }

    /// <summary>Another packet of a flow that was translated.</summary>
    private byte[] Again(Random random)
    {
        if (_requests.Count == 0) return Request(random);
        var packet = new PlainPacket(Pick(random, _requests));
        if (packet.Shape != Shape.Whole) return packet.Bytes;
        var ends = new Ends(packet.Source, packet.SourcePort, packet.Destination, packet.DestinationPort);
        return random.Next(3) == 0 ? Neighbour(random, ends, packet) : PacketMaker.Make(random, ends, packet.Protocol);
    }

    /// <summary>A packet of a flow that differs from a known one in a single thing.</summary>
    private static byte[] Neighbour(Random random, Ends ends, PlainPacket packet)
    {
        int protocol = packet.Protocol;
        switch (random.Next(5))
        {
            case 0: ends = ends with { SourcePort = Configuration.ClientPort(random) }; break;
            case 1: ends = ends with { DestinationPort = Configuration.VipPort(random) }; break;
            case 2: ends = ends with { Source = World.Source(random, packet.Ip6) }; break;
            case 3: ends = ends with { Destination = World.AddressOf(random, packet.Ip6) }; break;
            default: protocol = protocol == IpProtocol.Tcp ? IpProtocol.Udp : IpProtocol.Tcp; break;
        }

        return PacketMaker.Make(random, ends, protocol);
    }

    /// <summary>The very packet again, after some seconds perhaps: a retransmission.</summary>
    private void Repeat(Random random)
    {
        if (_requests.Count == 0) return;
        if (random.Next(2) == 0) Routers.Pass(random.Next(1, 4));
        Deliver(Pick(random, _requests));
    }

    private byte[]? Answer(Random random)
    {
        if (_toPods.Count == 0) return null;
        var packet = new PlainPacket(Pick(random, _toPods));
        if (packet.Shape != Shape.Whole) return null;
        return PacketMaker.Make(random, new Ends(packet.Destination, packet.DestinationPort, packet.Source, packet.SourcePort), packet.Protocol);
    }

    /// <summary>What a pod sends to a client of its own accord.</summary>
    private static byte[] Direct(Random random)
    {
        bool ip6 = random.Next(2) == 0;
        IPAddress pod = World.Pod(ip6, random.Next(World.PodCount));
        var ends = new Ends(pod, Configuration.PodPort(random), World.Source(random, ip6), Configuration.ClientPort(random));
        return PacketMaker.Make(random, ends, PacketMaker.AnyProtocol(random, ip6));
    }

    private void ErrorToVip(Random random)
    {
        if (_toClients.Count == 0) return;
        var quoted = new PlainPacket(Pick(random, _toClients));
        IPAddress source = random.Next(2) == 0 ? quoted.Destination : World.Router(quoted.Ip6);
        Forward(random, PacketMaker.Error(random, source, quoted.Source, quoted.Bytes));
    }

    private void ErrorFromPods(Random random)
    {
        if (_toPods.Count == 0) return;
        var quoted = new PlainPacket(Pick(random, _toPods));
        IPAddress source = random.Next(2) == 0 ? quoted.Destination : World.Router(quoted.Ip6);
        Return(random, PacketMaker.Error(random, source, quoted.Source, quoted.Bytes));
    }

    private static byte[] Pick(Random random, List<byte[]> packets) => packets[random.Next(packets.Count)];

    private static void Remember(List<byte[]> packets, byte[] packet)
    {
        packets.Add(packet);
        if (packets.Count > Remembered) packets.RemoveAt(0);
    }
}
