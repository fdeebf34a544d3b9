using System.Text.Json;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Measuring;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>Every sample with every node, for those who want to calculate for themselves.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static string Write(IReadOnlyList<Measured> measurements, CpuUse before) => JsonSerializer.Serialize(
        new
        {
            Machine = Machine.Describe(measurements[0].VppVersion, measurements[0].VppCpu).ToDictionary(),
            CpuBefore = before,
            Runs = measurements.SelectMany(measured => measured.Samples.Select(samples => Run(measured, samples.Key, samples.Value))),
        },
        Options) + "\n";

    private static object Run(Measured measured, Direction direction, Samples samples) => new
    {
        Flows = measured.Flows.Count,
        Direction = direction.ToString().ToLowerInvariant(),
        measured.Size.Buckets,
        measured.Sessions,
        measured.HugePageBytes,
        measured.Notes,
        Samples = samples.Taken.Select(sample => new
        {
            sample.Contender,
            Accepted = samples.IsAccepted(sample),
            sample.Packets,
            sample.LookupClocks,
            sample.OwnClocks,
            sample.PathClocks,
            PacketsPerCall = Math.Round(sample.PacketsPerCall, 1),
            Nodes = sample.Nodes.ToDictionary(node => node.Key, node => Node(node.Value)),
        }),
    };

    private static object Node(NodeClocks node) => new { node.Calls, node.Packets, node.Clocks };
}
