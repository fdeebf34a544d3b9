using System.Globalization;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>A measured value and what it was calculated from.</summary>
internal sealed record Reading(double Value, string From)
{
    public bool IsMeasured => !double.IsNaN(Value);
}

/// <summary>A figure that must not be above a limit.</summary>
internal sealed record Target(string What, double Limit, string Unit, Func<Results, Reading> Read)
{
    private const string Ours = KubeProxyContender.ContenderName;

    /// <summary>Our clocks as a multiple of another's for the same work in the same VPP.</summary>
    public static Target Against(string other, Workload load, Way way, double limit, string ours = Ours, string baseline = "") => new(
        $"{ours} / {(baseline.Length == 0 ? other : baseline)}, {load}, {way.Title()}", limit, "x",
        results => Quotient(results.Clocks(load, way, ours), results.Clocks(load, way, other)));

    /// <summary>Our clocks as a multiple of ip4-lookup's in the same samples.</summary>
    public static Target ToLookup(Workload load, Way way, double limit, string lane = Ours) => new(
        $"kube-proxy / ip4-lookup, {load}, {way.Title()}", limit, "x", results =>
            new Reading(results.ToLookup(load, way, lane), $"{Text(results.Clocks(load, way, lane))} / {Text(results.Lookup(load, way, lane))}"));

    /// <summary>What ours adds to packets that are not for it.</summary>
    public static Target Added(Workload load, Way way, double limit) => new($"kube-proxy adds, {load}, {way.Title()}", limit, "clocks", results =>
    {
        double with = results.Path(load, way, BystanderMeasurement.With);
        double without = results.Path(load, way, BystanderMeasurement.Without);
        return new Reading(with - without, $"{Text(with)} - {Text(without)}");
    });

    public static string Text(double clocks) => clocks.ToString("0.0", CultureInfo.InvariantCulture);

    private static Reading Quotient(double ours, double other) => new(ours / other, $"{Text(ours)} / {Text(other)}");
}
