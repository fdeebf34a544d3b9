using System.Globalization;
using System.Text;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Measuring;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>The table of one workload and way: a row for each contender, and ours to the others.</summary>
internal sealed class MeasuredTable(Measured measured)
{
    private readonly StringBuilder _text = new();
    private readonly Samples _samples = measured.Samples;

    public string Write()
    {
        _text.Append($"\n## {measured.Title}\n\n");
        _text.Append("| | nodes | min | median | / ip-lookup | ip-lookup | whole path | adds | sessions | samples |\n");
        _text.Append("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        Lane? baseline = measured.Lanes.FirstOrDefault(lane => lane.Name is PlainContender.ContenderName or BystanderMeasurement.Without);
        double plain = baseline is null ? double.NaN : Median(baseline, sample => sample.PathClocks);
        foreach (Lane lane in measured.Lanes)
            AppendRow(lane, lane == baseline ? double.NaN : plain);
        foreach (Lane lane in measured.Lanes.Skip(1).Where(lane => lane.OwnNodes.Count > 0))
            AppendRatio(measured.Lanes[0], lane);
        Circumstances circumstances = measured.Circumstances;
        _text.Append(CultureInfo.InvariantCulture, $"\nTables of {circumstances.Size.Buckets:N0} buckets, idle time {circumstances.Size.TimeoutSeconds} s; ");
        _text.Append(CultureInfo.InvariantCulture, $"{circumstances.HugePageBytes >> 20} MB of VPP on huge pages.\n");
        foreach (Lane lane in measured.Lanes.Where(lane => !_samples.HasKeptCpu(lane.Name)))
            _text.Append($"- Note: VPP was kept from its CPU during every sample of {lane.Name}.\n");
        foreach (string note in circumstances.Notes)
            _text.Append($"- Note: {note}.\n");
        return _text.ToString();
    }

    private void AppendRow(Lane lane, double plain)
    {
        Spread own = _samples.Spread(lane.Name, sample => sample.OwnClocks);
        double path = Median(lane, sample => sample.PathClocks);
        bool hasOwn = lane.OwnNodes.Count > 0;
        string adds = double.IsNaN(plain) ? "" : Clocks(path - plain);
        string ratio = Median(lane, sample => sample.RatioToLookup).ToString("0.00", CultureInfo.InvariantCulture);
        _text.Append($"| {lane.Name} | {string.Join(" + ", lane.OwnNodes.Select(node => node.Name))} | {(hasOwn ? Clocks(own.Minimum) : "")} | {(hasOwn ? Clocks(own.Median) : "")} ");
        _text.Append($"| {(hasOwn ? ratio : "")} | {Clocks(Median(lane, sample => sample.LookupClocks))} | {Clocks(path)} | {adds} ");
        _text.Append($"| {measured.Circumstances.Sessions[lane.Contender.Name]} | {_samples.Accepted(lane.Name).Count} of {_samples.Of(lane.Name).Count} |\n");
    }

    /// <summary>Ours to another, once as clocks and once as multiples of ip-lookup, which takes the machine's drift out.</summary>
    private void AppendRatio(Lane ours, Lane other)
    {
        double clocks = Median(ours, sample => sample.OwnClocks) / Median(other, sample => sample.OwnClocks);
        double ratios = Median(ours, sample => sample.RatioToLookup) / Median(other, sample => sample.RatioToLookup);
        _text.Append(CultureInfo.InvariantCulture, $"\n**{ours.Name} / {other.Name} = {clocks:0.00}** (by multiples of ip-lookup: {ratios:0.00})\n");
    }

    private double Median(Lane lane, Func<Sample, double> value) => _samples.Spread(lane.Name, value).Median;

    private static string Clocks(double clocks) => clocks.ToString("0.0", CultureInfo.InvariantCulture);
}
