using System.Globalization;
using System.Text.RegularExpressions;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Bench.Vpp.Scale;

/// <summary>One command: how long it took, and the longest time for which it stopped the workers; both as VPP's event log tells.</summary>
internal readonly record struct Change(double Microseconds, double LongestStopMicroseconds);

/// <summary>Runs a file of commands with VPP's event log on, and reads what it logged of each.</summary>
internal static partial class ChangeTrace
{
    // A command is a dozen events; the ring must hold them all.
    private const int EventsEach = 64;

    public static IReadOnlyList<Change> Run(VppHost vpp, IReadOnlyCollection<string> lines)
    {
        vpp.Cli($"event-logger resize {lines.Count * EventsEach}");
        vpp.Cli("event-logger trace cli barrier");
        vpp.Cli("event-logger clear");
        vpp.TypeAll(lines);
        string log = vpp.Cli("show event-logger all");
        vpp.Cli("event-logger trace cli barrier disable");
        List<Change> changes = Read(log.Split('\n'));
        if (changes.Count != lines.Count)
            throw new TestbedException($"{changes.Count} of {lines.Count} commands are in the event log");
        return changes;
    }

    private static List<Change> Read(IEnumerable<string> log)
    {
        List<Change> changes = [];
        double? start = null;
        double stop = 0;
        foreach (Match match in log.Select(line => Event().Match(line)).Where(match => match.Success))
        {
            double time = double.Parse(match.Groups["time"].Value, CultureInfo.InvariantCulture);
            if (match.Groups["stop"].Success)
                stop = Math.Max(stop, double.Parse(match.Groups["stop"].Value, CultureInfo.InvariantCulture));
            else if (!match.Groups["end"].Success)
                (start, stop) = (time, 0);
            else if (start is double began)
                changes.Add(new Change((time - began) * 1e6, stop));
        }

        return changes;
    }

    [GeneratedRegex(@"^\s*(?<time>[0-9.]+): (cli-cmd: kube-proxy (pod|vip)(?<end> OK)?|bar-rel-#[0-9]+-e[0-9]+-u[0-9]+-t(?<stop>[0-9]+))$")]
    private static partial Regex Event();
}
