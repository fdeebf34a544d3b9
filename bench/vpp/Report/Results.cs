using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>All that a run measured, to be asked for figures by workload, way and lane. What was not measured is not a number.</summary>
internal sealed class Results(IReadOnlyList<Measured> all)
{
    public IReadOnlyList<Measured> All => all;

    /// <summary>Median clocks a packet of a lane's own nodes.</summary>
    public double Clocks(Workload load, Way way, string lane) => Median(load, way, lane, sample => sample.OwnClocks);

    /// <summary>Median of a lane's clocks as multiples of ip-lookup's in the same sample.</summary>
    public double ToLookup(Workload load, Way way, string lane) => Median(load, way, lane, sample => sample.RatioToLookup);

    /// <summary>Median clocks a packet of all nodes but the generator.</summary>
    public double Path(Workload load, Way way, string lane) => Median(load, way, lane, sample => sample.PathClocks);

    public double Lookup(Workload load, Way way, string lane) => Median(load, way, lane, sample => sample.LookupClocks);

    private double Median(Workload load, Way way, string lane, Func<Sample, double> value) =>
        all.FirstOrDefault(measured => measured.Load == load && measured.Way == way)?.Samples.Spread(lane, value).Median ?? double.NaN;
}
