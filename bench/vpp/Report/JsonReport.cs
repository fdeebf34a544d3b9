using System.Text.Json;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>Every sample with every node, for those who want to calculate for themselves.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static string Write(Results results, CpuUse before) => JsonSerializer.Serialize(
        new
        {
            Machine = Machine.Describe(results.All[0].Circumstances.VppVersion, results.All[0].Circumstances.VppCpu).ToDictionary(),
            CpuBefore = before,
            Runs = results.All.Select(Run),
        },
        Options) + "\n";

    private static object Run(Measured measured) => new
    {
        Workload = Axis.All.ToDictionary(axis => axis.Name, axis => axis.Value(measured.Load)),
        Way = measured.Way.Title(),
        measured.Circumstances.Size.FlowCount,
        measured.Circumstances.Size.Buckets,
        measured.Circumstances.Sessions,
        measured.Circumstances.HugePageBytes,
        measured.Circumstances.Notes,
        Samples = measured.Samples.Taken.Select(sample => Describe(sample, measured.Samples.IsAccepted(sample))),
    };

    private static object Describe(Sample sample, bool isAccepted) => new
    {
        sample.Lane,
        Accepted = isAccepted,
        sample.Packets,
        sample.LookupClocks,
        sample.OwnClocks,
        sample.PathClocks,
        LostShare = Math.Round(sample.LostShare, 4),
        PacketsPerCall = Math.Round(sample.PacketsPerCall, 1),
        Nodes = sample.Nodes.ToDictionary(node => node.Key, node => new { node.Value.Calls, node.Value.Packets, node.Value.Clocks }),
    };
}
