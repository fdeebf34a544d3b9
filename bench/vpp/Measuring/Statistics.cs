namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>Smallest and middle of some numbers.</summary>
internal readonly record struct Spread(double Minimum, double Median)
{
    public static Spread Of(IEnumerable<double> numbers)
    {
        double[] sorted = [.. numbers.Order()];
        if (sorted.Length == 0)
            return new Spread(double.NaN, double.NaN);
        int middle = sorted.Length / 2;
        return new Spread(sorted[0], sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
    }
}
