namespace KubeProxy.Stress.Measuring;

/// <summary>
/// The slope of a series by Theil and Sen: the median of the slopes of all pairs, which a few outliers do not move. Its
/// interval of 95 % is Sen's (1968): the slopes whose ranks lie as far from the middle as Kendall's statistic varies by chance.
/// </summary>
public sealed record TheilSen(double Slope, double Low, double High)
{
    private const double Quantile = 1.96;

    /// <summary>Is it certain that the series grows?</summary>
    public bool IsGrowing => Low > 0;

    public static TheilSen Of(IReadOnlyList<(double At, double Value)> series)
    {
        ArgumentNullException.ThrowIfNull(series);
        int count = series.Count;
        if (count < 4)
            throw new ArgumentException("four points at least", nameof(series));
        double[] slopes =
        [
            .. from first in Enumerable.Range(0, count)
               from second in Enumerable.Range(first + 1, count - first - 1)
               where series[second].At > series[first].At
               select (series[second].Value - series[first].Value) / (series[second].At - series[first].At),
        ];
        Array.Sort(slopes);
        double spread = Quantile * Math.Sqrt(count * (count - 1.0) * ((2.0 * count) + 5) / 18);
        int low = Math.Max(0, (int)Math.Floor((slopes.Length - spread) / 2));
        int high = Math.Min(slopes.Length - 1, (int)Math.Ceiling((slopes.Length + spread) / 2));
        return new TheilSen(slopes[slopes.Length / 2], slopes[low], slopes[high]);
    }
}
