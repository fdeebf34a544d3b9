using System.Globalization;
using System.Text;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>Every target, its limit, what was measured, and whether it is met.</summary>
internal static class TargetTable
{
    /// <summary>Targets whose figures a run has; all of them, if the run meant to have them. Empty when there are none.</summary>
    public static string Write(Results results, bool isComplete)
    {
        (Target Target, Reading Reading)[] rows =
            [.. TargetList.All.Select(target => (target, target.Read(results))).Where(row => isComplete || row.Item2.IsMeasured)];
        if (rows.Length == 0)
            return "";
        StringBuilder text = new("\n## Targets\n\n| | target | measured | from clocks | met |\n|---|---:|---:|---:|---|\n");
        foreach ((Target target, Reading reading) in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {target.What} | <= {target.Limit:0.00} {target.Unit} ");
            string met = IsMet(target, reading) ? "yes" : "**no**";
            text.Append(reading.IsMeasured ? string.Create(CultureInfo.InvariantCulture, $"| {reading.Value:0.00} | {reading.From} | {met} |\n") : "| not measured | | |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\n{rows.Count(row => IsMet(row.Target, row.Reading))} of {rows.Length} targets are met.\n");
        return text.ToString();
    }

    private static bool IsMet(Target target, Reading reading) => reading.Value <= target.Limit;
}
