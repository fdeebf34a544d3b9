using KubeProxy.Bench.Vpp.Contenders;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>A node whose clocks are a contender's, and the share of the contender's packets that pass it (of both directions together, half pass a node of one).</summary>
internal sealed record OwnNode(string Name, double Share = 1);

/// <summary>One row of a table to be: whose nodes are read while which streams run, and what is switched for it.</summary>
internal sealed record Lane(string Name, Contender Contender, IReadOnlyList<string> Streams, IReadOnlyList<OwnNode> OwnNodes)
{
    public Lane(string name, Contender contender, string stream, IReadOnlyList<string> ownNodes)
        : this(name, contender, [stream], [.. ownNodes.Select(node => new OwnNode(node))])
    {
    }

    /// <summary>Percent of the streams' packets that are the contender's.</summary>
    public int OwnPercent { get; init; } = 100;

    /// <summary>Done before each sample.</summary>
    public Action? Before { get; init; }

    /// <summary>A contender's steady stream of one direction, or of both at once.</summary>
    public static Lane Of(Contender contender, Way way, int servicePercent)
    {
        if (way == Way.Both)
            return new Lane(contender.Name, contender, [StreamOf(contender, Way.Forward), StreamOf(contender, Way.Return)], NodesOfBoth(contender));

        // A return feature sees all packets of its interface, a VIP only those for it.
        int percent = way == Way.Forward ? servicePercent : 100;
        IReadOnlyList<string> nodes = (way == Way.Forward ? contender.ForwardNodes : contender.ReturnNodes) ?? [];
        return new Lane(contender.Name, contender, StreamOf(contender, way), percent == 0 ? [] : nodes) { OwnPercent = percent };
    }

    /// <summary>The name of the endless stream of a contender.</summary>
    public static string StreamOf(Contender contender, Way way) => $"{contender.Name}-{(way == Way.Forward ? "forward" : "return")}";

    /// <summary>Each of two streams sends a frame in turn; a node that both directions pass sees all.</summary>
    private static IReadOnlyList<OwnNode> NodesOfBoth(Contender contender) =>
        [.. contender.ForwardNodes.Concat(contender.ReturnNodes ?? []).GroupBy(node => node).Select(node => new OwnNode(node.Key, node.Count() / 2.0))];
}
