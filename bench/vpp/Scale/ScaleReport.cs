using System.Globalization;
using System.Text;
using KubeProxy.Bench.Vpp.Report;

namespace KubeProxy.Bench.Vpp.Scale;

/// <summary>The result as a Markdown file.</summary>
internal static class ScaleReport
{
    public static string Write(string title, ScaleOptions options, ScaleResult result, CpuUse before)
    {
        StringBuilder text = new();
        Line(text, $"# {title}");
        Line(text, "");
        Line(text, $"`./build.sh bench scale`: one VPP, worker threads: {options.Workers}; services of {ScaleOptions.PodsEach} pods, new_len 1024, typed with `exec FILE`;");
        Line(text, $"pod addresses: {(options.Addresses == 0 ? "each pod its own" : $"{options.Addresses} different ones")}. Machine before the run: {before}.");
        Line(text, "");
        Line(text, "| | |\n|---|---|");
        foreach ((string name, string value) in Machine.Describe(result.VppVersion, result.VppCpu))
            Line(text, $"| {name} | {value} |");
        AppendTimes(text, options, result.Points);
        AppendMemory(text, result);
        Line(text, "\nAs `show ku memory` tells it at the end:\n");
        Line(text, $"```\n{result.MemoryText}\n```");
        return text.ToString();
    }

    private static void AppendTimes(StringBuilder text, ScaleOptions options, IReadOnlyList<ScalePoint> points)
    {
        Line(text, $"\n## Time\n\nA change is one `ku pod` line, {options.Changes} of each kind, as VPP's event log tells: microseconds from the command's begin to its end, median and 99th percentile;");
        Line(text, "in how many of a hundred the workers were stopped for more than 50 us, and the longest stop. Processor seconds are VPP's main thread's, while it waits for workers too.\n");
        Line(text, "| services | loaded in s | services/s | processor s | collections, pauses ms | pod added: median | p99 | stops > 50 us | longest stop | pod removed: median | p99 | stops > 50 us | longest stop |");
        Line(text, "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        int loaded = 0;
        foreach (ScalePoint point in points)
        {
            Line(text, $"| {point.Services} | {point.LoadSeconds:F2} | {(point.Services - loaded) / point.LoadSeconds:F0} | {point.ProcessorSeconds:F2} | {point.Collections}, {point.PauseMilliseconds:F0} | {Cells(point.Added)} | {Cells(point.Removed)} |");
            loaded = point.Services;
        }
    }

    private static void AppendMemory(StringBuilder text, ScaleResult result)
    {
        Line(text, "\n## Memory\n\nBytes for each service, with its pods: what the process has more than before, and where.\n");
        Line(text, "| services | resident | without the snapshot | VPP's main heap | VPP's stats segment | snapshot with Maglev tables | managed heap |");
        Line(text, "|---:|---:|---:|---:|---:|---:|---:|");
        ScaleMemory before = result.Before;
        foreach (ScalePoint point in result.Points)
        {
            ScaleMemory now = point.Memory;
            double[] more =
            [
                now.Resident - before.Resident, now.Resident - before.Resident - (now.Snapshot - before.Snapshot), now.MainHeap - before.MainHeap,
                now.StatsSegment - before.StatsSegment, now.Snapshot - before.Snapshot, now.ManagedHeap - before.ManagedHeap,
            ];
            Line(text, $"| {point.Services} | {string.Join(" | ", more.Select(bytes => (bytes / point.Services).ToString("F0", CultureInfo.InvariantCulture)))} |");
        }
    }

    private static string Cells(IReadOnlyList<Change> changes)
    {
        double[] times = [.. changes.Select(change => change.Microseconds).Order()];
        double share = 100.0 * changes.Count(change => change.LongestStopMicroseconds > 50) / changes.Count;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{times[times.Length / 2]:F0} | {times[times.Length * 99 / 100]:F0} | {share:F1} % | {changes.Max(change => change.LongestStopMicroseconds):F0}");
    }

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
