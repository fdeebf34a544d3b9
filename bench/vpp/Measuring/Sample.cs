using KubeProxy.Bench.Vpp.Hosts;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>Client to pod, or back.</summary>
internal enum Direction
{
    Forward,
    Return,
}

/// <summary>One contender's reading of <c>show runtime</c> over some seconds.</summary>
internal sealed record Sample(string Contender, Direction Direction, IReadOnlyDictionary<string, NodeClocks> Nodes)
{
    private const double LeastShareOfPath = 0.9;

    /// <summary>Clocks of ip4-lookup (ip6-lookup), the yardstick of the sample.</summary>
    public required double LookupClocks { get; init; }

    /// <summary>Packets that passed ip4-lookup.</summary>
    public required long Packets { get; init; }

    /// <summary>Clocks a packet of the contender's own nodes; 0 for plain forwarding.</summary>
    public required double OwnClocks { get; init; }

    public double RatioToLookup => OwnClocks / LookupClocks;

    /// <summary>Clocks a packet of all nodes that (nearly) every packet passed, without the generator.</summary>
    public double PathClocks => Nodes
        .Where(node => node.Key != "pg-input" && node.Value.Packets >= Packets * LeastShareOfPath && node.Value.Packets <= Packets / LeastShareOfPath)
        .Sum(node => node.Value.Clocks);

    public double PacketsPerCall => Nodes.Values.Where(node => node.Packets >= Packets * LeastShareOfPath).Average(node => (double)node.Packets / node.Calls);
}
