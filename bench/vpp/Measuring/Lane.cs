using KubeProxy.Bench.Vpp.Contenders;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>One row of a table to be: whose nodes are read while which stream runs, and what is switched for it.</summary>
internal sealed record Lane(string Name, Contender Contender, string Stream, IReadOnlyList<string> OwnNodes)
{
    /// <summary>Percent of the stream's packets that pass the nodes.</summary>
    public int OwnPercent { get; init; } = 100;

    /// <summary>Done before each sample.</summary>
    public Action? Before { get; init; }

    /// <summary>A contender's steady stream of one direction.</summary>
    public static Lane Of(Contender contender, Way way, int servicePercent)
    {
        // A return feature sees all packets of its interface, a VIP only those for it.
        int percent = way == Way.Forward ? servicePercent : 100;
        IReadOnlyList<string> nodes = (way == Way.Forward ? contender.ForwardNodes : contender.ReturnNodes) ?? [];
        return new Lane(contender.Name, contender, StreamOf(contender, way), percent == 0 ? [] : nodes) { OwnPercent = percent };
    }

    /// <summary>The name of the endless stream of a contender.</summary>
    public static string StreamOf(Contender contender, Way way) => $"{contender.Name}-{(way == Way.Forward ? "forward" : "return")}";
}
