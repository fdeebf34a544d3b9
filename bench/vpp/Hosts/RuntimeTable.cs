using System.Globalization;
using System.Text.RegularExpressions;

namespace KubeProxy.Bench.Vpp.Hosts;

/// <summary>A node's row of <c>show runtime</c>.</summary>
internal sealed record NodeClocks(long Calls, long Packets, double Clocks);

/// <summary>Reads <c>show runtime</c>; clocks are TSC ticks a packet.</summary>
internal static partial class RuntimeTable
{
    /// <summary>The nodes that worked on packets.</summary>
    public static IReadOnlyDictionary<string, NodeClocks> Parse(string text)
    {
        Dictionary<string, NodeClocks> nodes = [];
        foreach (Match row in Row().Matches(text))
        {
            long packets = Number(row, "packets");
            if (packets != 0)
                nodes[row.Groups["name"].Value] = new NodeClocks(Number(row, "calls"), packets, double.Parse(row.Groups["clocks"].Value, CultureInfo.InvariantCulture));
        }

        return nodes;
    }

    private static long Number(Match row, string group) => long.Parse(row.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<name>[a-z]\S*)\s+\S.*?\s+(?<calls>\d+)\s+(?<packets>\d+)\s+\d+\s+(?<clocks>[0-9.]+e[-0-9]+)\s+[0-9.]+\s*$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
