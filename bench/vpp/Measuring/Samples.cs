namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>All samples of one measurement, and which of them count.</summary>
internal sealed class Samples(double noiseLimit)
{
    /// <summary>What the kernel's own work on a CPU may take.</summary>
    private const double MostLost = 0.01;
    private readonly List<Sample> _taken = [];

    public IReadOnlyList<Sample> Taken => _taken;

    public void Add(Sample sample) => _taken.Add(sample);

    public IReadOnlyList<Sample> Of(string lane) => [.. _taken.Where(sample => sample.Lane == lane)];

    /// <summary>Where every sample of a lane lost its CPU, lost time is no reason to reject one.</summary>
    public bool IsAccepted(Sample sample)
    {
        IReadOnlyList<Sample> lane = Of(sample.Lane);
        return sample.LookupClocks <= noiseLimit * lane.Min(other => other.LookupClocks)
            && (sample.LostShare <= MostLost || !HasKeptCpu(sample.Lane));
    }

    public IReadOnlyList<Sample> Accepted(string lane) => [.. Of(lane).Where(IsAccepted)];

    /// <summary>Did VPP have its CPU all the time during any sample of a lane?</summary>
    public bool HasKeptCpu(string lane) => Of(lane).Any(sample => sample.LostShare <= MostLost);

    /// <summary>Smallest and middle of a lane's accepted samples.</summary>
    public Spread Spread(string lane, Func<Sample, double> value) => Measuring.Spread.Of(Accepted(lane).Select(value));
}
