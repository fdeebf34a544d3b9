using System.Diagnostics;
using System.Globalization;
using KubeProxy.Stress.Measuring;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Stream = KubeProxy.Stress.Yard.Stream;

namespace KubeProxy.Stress.Flood;

/// <summary>How long, and against what table.</summary>
public sealed record FloodPlan(TimeSpan Duration, int Workers, int Seed)
{
    /// <summary>Buckets of the session tables; each holds four sessions of a family on a thread.</summary>
    public int Buckets { get; init; } = 4096;

    /// <summary>Different flows of the flood, over both families; more than the tables can hold.</summary>
    public int FloodFlows { get; init; } = 200_000;

    public int EstablishedFlows { get; init; } = 2000;
}

/// <summary>
/// <c>flood</c>: SYNs of ever other clients, as fast as the generator sends, while connections that were there before go on. They keep their pods, though
/// the pods have changed since, and so do their answers the VIP's address.
/// </summary>
public static class FloodStress
{
    private const double LeastShare = 0.99;
    private const int FirstFloodClient = 1_000_000;

    public static Report Run(FloodPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Report report = new(string.Create(CultureInfo.InvariantCulture,
            $"a flood of {plan.FloodFlows:#,0} new flows for {plan.Duration.TotalSeconds:0} s, tables of {plan.Buckets} buckets, {plan.Workers} workers, seed {plan.Seed}"));
        using Ground ground = new(new VppOptions { Workers = plan.Workers });
        Prepare(ground, plan);
        Health health = new(ground);
        Conversations conversations = new(ground, plan.EstablishedFlows);
        conversations.Establish();

        // Now the tables of pods give others for most flows: only what is remembered keeps them.
        for (int pod = 5; pod <= 8; pod++)
        {
            foreach (bool isIp6 in (bool[])[false, true])
                ground.Type($"ku pod {Conversations.Vip(isIp6)} port 80 {Ground.Pod(pod, isIp6)}");
        }

        double resident = HostUse.ResidentBytes(ground.Host);
        Rounds(ground, plan, conversations, report);
        report.Note("resident memory that the flood has touched, MB", (HostUse.ResidentBytes(ground.Host) - resident) / 1e6);
        health.Demand(report);
        return report;
    }

    private static void Prepare(Ground ground, FloodPlan plan)
    {
        ground.Canary.Open();
        ground.Type(string.Create(CultureInfo.InvariantCulture, $"ku conf buckets {plan.Buckets}"));
        foreach (bool isIp6 in (bool[])[false, true])
        {
            ground.Type($"ku set interface {(isIp6 ? "nat6" : "nat4")} in {Ground.Pods}");
            ground.Type($"ku vip {Conversations.Vip(isIp6)} port 80 protocol tcp target_port 8080");
            ground.Type($"ku pod {Conversations.Vip(isIp6)} port 80 {string.Join(' ', Enumerable.Range(1, 4).Select(pod => Ground.Pod(pod, isIp6)))}");
        }
    }

    private static void Rounds(Ground ground, FloodPlan plan, Conversations conversations, Report report)
    {
        List<Stream> streams = [.. Flood(ground, plan)];
        InterfaceCounters before = InterfaceCounters.Of(ground.Host);
        streams.ForEach(stream => stream.Start());
        Stopwatch clock = Stopwatch.StartNew();
        Exchange all = default;
        int rounds = 0;
        for (; clock.Elapsed < plan.Duration || rounds == 0; rounds++)
        {
            all += conversations.Exchange();
            Thread.Sleep(TimeSpan.FromSeconds(0.2));
        }

        streams.ForEach(stream => stream.Stop());
        InterfaceCounters after = InterfaceCounters.Of(ground.Host);
        streams.ForEach(stream => stream.Dispose());
        double flooded = after.Sum("ip4", [Ground.Clients]) + after.Sum("ip6", [Ground.Clients]) - before.Sum("ip4", [Ground.Clients]) - before.Sum("ip6", [Ground.Clients]) - all.Sent;
        report.Note("flood packets", flooded);
        report.Note("flood packets a second", flooded / clock.Elapsed.TotalSeconds);
        report.Note("rounds of all connections", rounds);
        report.Note("established packets sent", all.Sent);
        report.Note("of them reached their pod, %", 100.0 * all.Arrived / all.Sent);
        report.Note("answers sent", all.Answers);
        report.Note("of them reached their client from the VIP, %", 100.0 * all.Returned / all.Answers);
        report.Demand("the flood is more than the tables hold", Untracked(ground) > plan.FloodFlows / 4, $"{Untracked(ground):#,0} packets of flows that were not remembered");
        report.Demand("established connections keep their pods", all.Arrived >= LeastShare * all.Sent, $"{all.Arrived:#,0} of {all.Sent:#,0}");
        report.Demand("their answers keep the VIP's address", all.Returned >= LeastShare * all.Answers && all.Answers > 0, $"{all.Returned:#,0} of {all.Answers:#,0}");
    }

    private static IEnumerable<Stream> Flood(Ground ground, FloodPlan plan)
    {
        int threads = Math.Max(1, plan.Workers);
        PacketOptions syn = PacketOptions.Plain with { Syn = true, PayloadLengthBytes = 0 };
        byte[][] frames = [.. Enumerable.Range(FirstFloodClient + plan.Seed, plan.FloodFlows).Select(i => PacketFactory.Build(Conversations.FlowOf(i), ground.FromClients, syn))];
        return Enumerable.Range(0, threads).Select(worker => new Stream(ground.Host, Ground.Clients, [.. frames.Where((_, i) => i / 2 % threads == worker)], long.MaxValue / 2, worker));
    }

    /// <summary>Packets that both services could not remember.</summary>
    private static long Untracked(Ground ground) => ground.Host.Cli("show ku vip verbose").Split('\n')
        .Where(line => line.Contains("untracked packets", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture));
}
