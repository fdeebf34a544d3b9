using System.Globalization;
using System.Text;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>One row for everything measured: what varied, and the medians of all contenders beside each other.</summary>
internal sealed class SweepTable(Results results)
{
    private const string Ours = KubeProxyContender.ContenderName;
    private readonly Measured[] _rows = [.. results.All.Where(measured => measured.Way is Way.Forward or Way.Return or Way.Both or Way.NewFlows)];
    private readonly StringBuilder _text = new();

    /// <summary>Empty when there is nothing to compare.</summary>
    public string Write()
    {
        if (_rows.Length < 2)
            return "";
        Axis[] axes = [.. Axis.All.Where(axis => _rows.Select(row => axis.Value(row.Load)).Distinct().Count() > 1)];
        string[] lanes = [.. ContenderList.Names.Where(name => _rows.Any(row => HasNodes(row, name)))];
        string[] others = [.. lanes.Where(lane => lane != Ours)];
        IEnumerable<string> ratios = others.Select(other => $"{Ours} / {other}");
        IEnumerable<string> heads = [.. axes.Select(axis => axis.Name), "way", .. lanes, $"{Ours} / ip-lookup", .. ratios, "path", "plain path"];
        _text.Append("\n## All together\n\nMedian clocks a packet of everybody's own nodes; paths are ours and plain forwarding's.\n\n");
        AppendLine(heads);
        AppendLine(heads.Select((_, column) => column <= axes.Length ? "---" : "---:"));
        foreach (Measured row in _rows)
            AppendLine([.. axes.Select(axis => axis.Value(row.Load)), row.Way.Title(), .. Figures(row, lanes, others)]);
        return _text.ToString();
    }

    private static IEnumerable<string> Figures(Measured row, string[] lanes, string[] others)
    {
        foreach (string lane in lanes)
            yield return Number(Own(row, lane), "0.0");
        yield return Number(HasNodes(row, Ours) ? row.Samples.Spread(Ours, sample => sample.RatioToLookup).Median : double.NaN, "0.00");
        foreach (string other in others)
            yield return Number(Own(row, Ours) / Own(row, other), "0.00");
        yield return Number(row.Samples.Spread(Ours, sample => sample.PathClocks).Median, "0.0");
        yield return Number(row.Samples.Spread(PlainContender.ContenderName, sample => sample.PathClocks).Median, "0.0");
    }

    private static double Own(Measured row, string lane) => HasNodes(row, lane) ? row.Samples.Spread(lane, sample => sample.OwnClocks).Median : double.NaN;

    /// <summary>Plain forwarding has no nodes of its own, and nobody has where no packet is for a service.</summary>
    private static bool HasNodes(Measured row, string lane) => row.Lanes.Any(one => one.Name == lane && one.OwnNodes.Count > 0);

    private static string Number(double number, string format) => double.IsFinite(number) ? number.ToString(format, CultureInfo.InvariantCulture) : "";

    private void AppendLine(IEnumerable<string> cells) => _text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
