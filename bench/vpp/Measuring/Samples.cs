namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>All samples of one measurement, and which of them count.</summary>
internal sealed class Samples(double noiseLimit)
{
    private readonly List<Sample> _taken = [];

    public IReadOnlyList<Sample> Taken => _taken;

    public void Add(Sample sample) => _taken.Add(sample);

    public IReadOnlyList<Sample> Of(string lane) => [.. _taken.Where(sample => sample.Lane == lane)];

    public bool IsAccepted(Sample sample) => sample.LookupClocks <= noiseLimit * Of(sample.Lane).Min(other => other.LookupClocks);

    public IReadOnlyList<Sample> Accepted(string lane) => [.. Of(lane).Where(IsAccepted)];

    /// <summary>Smallest and middle of a lane's accepted samples.</summary>
    public Spread Spread(string lane, Func<Sample, double> value) => Measuring.Spread.Of(Accepted(lane).Select(value));
}
