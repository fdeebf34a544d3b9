using System.Globalization;
using System.Text.RegularExpressions;

namespace KubeProxy.Testbed.Hosts;

/// <summary>The table of <c>show errors</c>, summed over threads.</summary>
public sealed partial class ErrorCounters
{
    private readonly Dictionary<(string Node, string Reason), long> _counts = [];

    private ErrorCounters(string table)
    {
        foreach (Match row in Row().Matches(table))
        {
            (string, string) key = (row.Groups["node"].Value, row.Groups["reason"].Value);
            _counts[key] = _counts.GetValueOrDefault(key) + long.Parse(row.Groups["count"].Value, CultureInfo.InvariantCulture);
        }
    }

    public long this[string node, string reason] => _counts.GetValueOrDefault((node, reason));

    public IEnumerable<(string Node, string Reason)> Names => _counts.Keys;

    public static ErrorCounters Of(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return new ErrorCounters(host.Cli("show errors"));
    }

    /// <summary>What has been counted since, without the rows that stood still: "kp4-nat4: no pod" → 3.</summary>
    public IReadOnlyDictionary<string, long> Since(ErrorCounters earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        return _counts
            .Select(row => (Name: $"{row.Key.Node}: {row.Key.Reason}", Count: row.Value - earlier[row.Key.Node, row.Key.Reason]))
            .Where(row => row.Count != 0)
            .ToDictionary(row => row.Name, row => row.Count);
    }

    [GeneratedRegex(@"^\s*(?<count>\d+)\s+(?<node>\S+)\s+(?<reason>\S.*?)\s+(?<severity>error|warn|warning|info|unknown|\S+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
