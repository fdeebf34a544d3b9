using System.Diagnostics;
using System.Globalization;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Stream = KubeProxy.Stress.Yard.Stream;

namespace KubeProxy.Stress.Measuring;

/// <summary>How long.</summary>
public sealed record CollectionPlan(TimeSpan Duration, int Workers)
{
    /// <summary>Sessions whose listing makes the garbage.</summary>
    public int Flows { get; init; } = 50_000;
}

/// <summary><c>gc</c>: commands make garbage until the runtime collects it, while workers forward. How long does one of them stand?</summary>
public static class CollectionStress
{
    /// <summary>VPP ends itself when a worker keeps main waiting for a second.</summary>
    private const double LongestStallMilliseconds = 500;
    private const double LongestMeanPauseMilliseconds = 50;
    private static readonly string[] Allocating = ["show ku sessions limit 1000000", "show ku vip verbose", "show ku why udp 172.16.0.1 10000 90.1.2.3 53"];

    public static Report Run(CollectionPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Report report = new(string.Create(CultureInfo.InvariantCulture, $"garbage is collected for {plan.Duration.TotalSeconds:0} s while {plan.Workers} workers forward"));
        using Ground ground = new(new VppOptions { Workers = plan.Workers });
        ground.Canary.Open();
        ground.Type("ku vip 90.1.2.3 port 53 protocol udp");
        ground.Type($"ku pod 90.1.2.3 port 53 {string.Join(' ', Enumerable.Range(1, 8).Select(pod => Ground.Pod(pod, isIp6: false)))}");
        Health health = new(ground);
        List<Stream> streams = [.. Traffic(ground, plan)];
        streams.ForEach(stream => stream.Start());
        Thread.Sleep(TimeSpan.FromSeconds(1));
        double quiet = Longest(ground, plan.Duration / 2, _ => Thread.Sleep(TimeSpan.FromMilliseconds(50)));
        ManagedRuntime before = ManagedRuntime.Of(ground.Host);
        double busy = Longest(ground, plan.Duration, i => ground.Host.Cli(Allocating[i % Allocating.Length]));
        ManagedRuntime after = ManagedRuntime.Of(ground.Host);
        streams.ForEach(stream => stream.Stop());
        streams.ForEach(stream => stream.Dispose());
        Demand(report, before, after, quiet, busy);
        health.Demand(report);
        return report;
    }

    private static void Demand(Report report, ManagedRuntime before, ManagedRuntime after, double quiet, double busy)
    {
        long collections = after.Collections - before.Collections;
        double pauses = after.PausesMilliseconds - before.PausesMilliseconds;
        report.Note("managed bytes allocated", after.AllocatedBytes - before.AllocatedBytes);
        report.Note("collections", collections);
        report.Note("pauses of all collections, ms", pauses);
        report.Note("mean pause, ms", collections == 0 ? 0 : pauses / collections);
        report.Note("longest call of a node without commands, ms", quiet);
        report.Note("longest call of a node while garbage is collected, ms", busy);
        report.Demand("garbage was collected", collections > 0, $"{collections} collections");
        report.Demand("a collection is short", collections > 0 && pauses / collections < LongestMeanPauseMilliseconds, $"{pauses / Math.Max(1, collections):0.###} ms in the mean");
        report.Demand("no worker stands for long", busy < LongestStallMilliseconds, $"{busy:0.###} ms at most");
    }

    private static double Longest(Ground ground, TimeSpan duration, Action<int> meanwhile)
    {
        Stalls.Clear(ground.Host);
        Stopwatch clock = Stopwatch.StartNew();
        for (int i = 0; clock.Elapsed < duration; i++)
            meanwhile(i);
        return Stalls.LongestMilliseconds(ground.Host);
    }

    private static IEnumerable<Stream> Traffic(Ground ground, CollectionPlan plan)
    {
        int threads = Math.Max(1, plan.Workers);
        byte[][] frames = [.. Enumerable.Range(0, plan.Flows).Select(i =>
            PacketFactory.Build(new Flow(Transport.Udp, Ground.Client(i, isIp6: false), System.Net.IPEndPoint.Parse("90.1.2.3:53")), ground.FromClients, PacketOptions.Plain))];
        return Enumerable.Range(0, threads).Select(worker =>
            new Stream(ground.Host, Ground.Clients, [.. frames.Where((_, i) => i % threads == worker)], long.MaxValue / 2, worker, packetsPerSecond: 200_000));
    }
}
