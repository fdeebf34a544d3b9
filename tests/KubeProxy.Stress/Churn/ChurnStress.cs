using System.Diagnostics;
using System.Globalization;
using KubeProxy.Stress.Measuring;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed.Hosts;
using Stream = KubeProxy.Stress.Yard.Stream;

namespace KubeProxy.Stress.Churn;

/// <summary>How long, and against how much traffic.</summary>
public sealed record ChurnPlan(TimeSpan Duration, int Workers, int Seed)
{
    /// <summary>Packets of each worker.</summary>
    public double PacketsPerSecond { get; init; } = 100_000;

    /// <summary>Changes a second of one more pod of the service that the traffic is for, besides those that are looked at.</summary>
    public int ChangesPerSecond { get; init; } = 1000;

    /// <summary>People who look at everything meanwhile.</summary>
    public int Talkers { get; init; } = 3;
}

/// <summary>
/// <c>churn</c>: pods and services come and go as fast as lines are typed, under traffic. A pod that is gone gets no packet,
/// from the moment its <c>del</c> has returned until it is added again; and every packet leaves for some pod.
/// </summary>
public sealed class ChurnStress
{
    /// <summary>VPP ends itself when a worker keeps main waiting for a second.</summary>
    private const double LongestStallMilliseconds = 500;
    private const int GoneAtOnce = 4;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(20);

    /// <summary>VPP's own packets on an interface within such a run: router advertisements, multicast reports.</summary>
    private const int OwnPackets = 6;
    private readonly Ground _ground;
    private readonly PodYard _yard;
    private readonly Random _random;
    private long _changes;
    private long _misdirected;
    private int _cycles;
    private ErrorCounters _errors;

    private ChurnStress(Ground ground, PodYard yard, int seed) => (_ground, _yard, _random, _errors) = (ground, yard, new Random(seed), ErrorCounters.Of(ground.Host));

    public static Report Run(ChurnPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Report report = new(string.Create(CultureInfo.InvariantCulture,
            $"pods and services come and go for {plan.Duration.TotalSeconds:0} s, {plan.Workers} workers, {plan.PacketsPerSecond:#,0} packets a second on each, seed {plan.Seed}"));
        using Ground ground = new(new VppOptions { Workers = plan.Workers, PollSleepMicroseconds = 100 });
        PodYard yard = new(ground);
        ground.Canary.Open();
        Health health = new(ground);
        ChurnStress stress = new(ground, yard, plan.Seed);
        stress.RunFor(plan, report);
        health.Demand(report);
        return report;
    }

    private void RunFor(ChurnPlan plan, Report report)
    {
        InterfaceCounters before = InterfaceCounters.Of(_ground.Host);
        _errors = ErrorCounters.Of(_ground.Host);
        IReadOnlyList<byte[]> requests = _yard.Requests();
        List<Stream> streams = [.. Enumerable.Range(0, Math.Max(1, plan.Workers)).Select(worker =>
            new Stream(_ground.Host, Ground.Clients, [.. requests.Where((_, i) => i / 2 % Math.Max(1, plan.Workers) == worker)], long.MaxValue / 2, worker, plan.PacketsPerSecond))];
        streams.ForEach(stream => stream.Start());
        Thread.Sleep(TimeSpan.FromSeconds(0.5));
        Stalls.Clear(_ground.Host);
        Stopwatch clock = Stopwatch.StartNew();
        using Talkers talkers = Talk(plan.Talkers);
        using Typist typist = _yard.NewTypist(AnswerLimit);
        typist.PerSecond = plan.ChangesPerSecond;
        while (clock.Elapsed < plan.Duration)
            Cycle();
        double seconds = clock.Elapsed.TotalSeconds;
        typist.Dispose();
        string? met = talkers.Stop() ?? typist.Refusal;
        _changes += typist.Count;
        report.Demand("other consoles were answered", met is null && talkers.Lines > 0, met ?? $"{talkers.Lines:#,0} lines");
        report.Note("changes", _changes);
        report.Note("changes a second", _changes / seconds);
        report.Note("the most changes of one pod in a second", typist.MostPerSecond);
        report.Note("lines of other consoles", talkers.Lines);
        report.Note("longest answer to another console, ms", talkers.LongestAnswer.TotalMilliseconds);
        Demand(report);
        streams.ForEach(stream => stream.Stop());
        streams.ForEach(stream => stream.Dispose());
        DemandNoLoss(report, before);
    }

    private Talkers Talk(int count)
    {
        string[][] scripts =
        [
            ["show ku", "show ku vip verbose", "show ku sessions limit 200", "show ku runtime"],
            ["show ku why udp 172.16.0.1 10000 90.1.2.3 53", "show ku memory", "show ku vips"],
            ["show runtime", "show errors", "show ku sessions limit 1000", "show ip fib summary"],
        ];
        return new Talkers(_ground.Host, scripts[..Math.Min(count, scripts.Length)]);
    }

    /// <summary>Some pods go, nothing may reach them while others come and go, and they come back.</summary>
    private void Cycle()
    {
        int[] order = [.. Enumerable.Range(0, PodYard.Looked)];
        _random.Shuffle(order);
        (int[] gone, int[] others) = (order[..GoneAtOnce], order[GoneAtOnce..(GoneAtOnce * 2)]);
        Change(gone, " del");
        using PodWatch watch = new(_ground, [.. gone.Select(pod => _yard.Interfaces[pod])]);
        for (int round = 0; round < 4; round++)
        {
            Change(others, round % 2 == 0 ? " del" : "");
            ChangeOtherServices();
        }

        _misdirected += watch.End().Sum(frames => frames.Count);
        Change(gone, "");
        _cycles++;
    }

    private void Change(int[] pods, string word)
    {
        string[] lines = [.. pods.SelectMany<int, string>(pod => [PodYard.Change(pod, isIp6: false, word), PodYard.Change(pod, isIp6: true, word)])];
        _ground.Host.TypeAll(lines);
        _changes += lines.Length;
    }

    private void ChangeOtherServices()
    {
        int port = _random.Next(1000, 2000);
        string[] lines =
        [
            $"ku vip 90.1.2.3 port {port} protocol udp new_len 64", $"ku pod 90.1.2.3 port {port} {PodYard.Address(0, isIp6: false)} {PodYard.Address(1, isIp6: false)}",
            $"ku vip 90.77.0.1 port {port} protocol tcp new_len 64", $"ku pod 90.77.0.1 port {port} {PodYard.Address(2, isIp6: false)}",
            $"ku pod 90.1.2.3 port {port} {PodYard.Address(0, isIp6: false)} weight 3", "ku vip 90.77.0.1 del", $"ku vip 90.1.2.3 port {port} protocol udp del",
        ];
        _ground.Host.TypeAll(lines);
        _changes += lines.Length;
    }

    private void Demand(Report report)
    {
        int foreign = _yard.ForeignPackets();
        double stall = Stalls.LongestMilliseconds(_ground.Host);
        report.Note("cycles", _cycles);
        report.Note("longest call of a node on a worker, ms", stall);
        report.Demand("pods came and went", _cycles > 0 && _changes > 50, $"{_changes:#,0} changes in {_cycles} cycles");
        report.Demand("a pod that is gone gets no packet", _misdirected == 0, $"{_misdirected} packets");
        report.Demand("a pod gets only what is addressed to it", foreign == 0, $"{foreign} packets");
        report.Demand("no worker stands for long", stall < LongestStallMilliseconds, $"{stall:0.###} ms at most");
    }

    private void DemandNoLoss(Report report, InterfaceCounters before)
    {
        Thread.Sleep(TimeSpan.FromSeconds(0.2));
        InterfaceCounters after = InterfaceCounters.Of(_ground.Host);
        // What the generator counts as sent runs ahead of what it sends when it is told a rate: what the IP nodes have seen counts.
        long received = after.Sum("ip4", [Ground.Clients]) + after.Sum("ip6", [Ground.Clients]) - before.Sum("ip4", [Ground.Clients]) - before.Sum("ip6", [Ground.Clients]);
        long delivered = after.Sum("tx packets", _yard.Interfaces) - before.Sum("tx packets", _yard.Interfaces);
        long dropped = after[Ground.Clients, "drops"] - before[Ground.Clients, "drops"];
        report.Note("packets received", received);
        report.Note("packets delivered", delivered);
        report.Note("packets dropped", dropped);
        foreach ((string name, long count) in ErrorCounters.Of(_ground.Host).Since(_errors))
            report.Note(name, count);
        report.Demand("traffic flowed", received > 1000, $"{received:#,0} packets");
        report.Demand("no packet is lost", dropped == 0 && delivered >= received && delivered <= received + (OwnPackets * _yard.Interfaces.Count), $"{delivered:#,0} of {received:#,0} delivered, {dropped:#,0} dropped");
    }
}
