using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>One lane's reading of <c>show runtime</c> over some time.</summary>
internal sealed record Sample(string Lane, IReadOnlyDictionary<string, NodeClocks> Nodes)
{
    private const double LeastShareOfPath = 0.02;

    /// <summary>Clocks of ip4-lookup (ip6-lookup), the yardstick of the sample.</summary>
    public required double LookupClocks { get; init; }

    /// <summary>Packets that passed ip4-lookup.</summary>
    public required long Packets { get; init; }

    /// <summary>Clocks a packet of the lane's own nodes, of the packets that passed them; 0 for plain forwarding.</summary>
    public required double OwnClocks { get; init; }

    /// <summary>Share of the sample's time in which VPP's thread did not have its CPU.</summary>
    public required double LostShare { get; init; }

    public double RatioToLookup => OwnClocks / LookupClocks;

    /// <summary>Clocks a packet of all nodes that more than a few packets passed, without the generator.</summary>
    public double PathClocks => Path.Sum(node => node.Clocks * node.Packets) / Packets;

    public double PacketsPerCall => Path.Average(node => (double)node.Packets / node.Calls);

    private IEnumerable<NodeClocks> Path =>
        Nodes.Where(node => node.Key != "pg-input" && node.Value.Packets >= Packets * LeastShareOfPath).Select(node => node.Value);

    /// <summary>Checks that the lane's nodes did the work that the stream asked for.</summary>
    public static Sample Of(Lane lane, RuntimeReading reading)
    {
        IReadOnlyDictionary<string, NodeClocks> nodes = reading.Nodes;
        NodeClocks lookup = Find(nodes, $"ip{lane.Contender.Site.Digit}-lookup", lane);
        foreach ((string name, double share) in lane.OwnNodes)
        {
            long packets = Find(nodes, name, lane).Packets;
            double expected = lookup.Packets * share * lane.OwnPercent / 100;
            if (Math.Abs(packets - expected) > Math.Max(1024, lookup.Packets / 100))
                throw new TestbedException($"{lane.Name}: {name} saw {packets} packets, ip-lookup {lookup.Packets}: not the same work");
        }

        return new Sample(lane.Name, nodes)
        {
            LookupClocks = lookup.Clocks,
            Packets = lookup.Packets,
            OwnClocks = lane.OwnNodes.Sum(node => nodes[node.Name].Clocks * node.Share),
            LostShare = reading.LostShare,
        };
    }

    private static NodeClocks Find(IReadOnlyDictionary<string, NodeClocks> nodes, string name, Lane lane) =>
        nodes.GetValueOrDefault(name) ?? throw new TestbedException($"{lane.Name}: {name} saw no packet; seen: {string.Join(", ", nodes.Keys)}");
}
