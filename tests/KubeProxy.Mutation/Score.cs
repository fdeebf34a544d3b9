namespace KubeProxy.Mutation;

/// <summary>The share of mutants that the tests kill, judged by a sample: Wilson's interval at 95 %.</summary>
public sealed record Score(int Killed, int Tried)
{
    private const double Z = 1.959964;

    public double Share => Tried == 0 ? 0 : (double)Killed / Tried;

    public (double Low, double High) Interval
    {
        get
        {
            if (Tried == 0) return (0, 1);
            double n = Tried, z2 = Z * Z;
            double centre = (Share + (z2 / (2 * n))) / (1 + (z2 / n));
            double half = Z / (1 + (z2 / n)) * Math.Sqrt((Share * (1 - Share) / n) + (z2 / (4 * n * n)));
            return (centre - half, centre + half);
        }
    }

    public override string ToString() => $"{Killed} of {Tried} mutants killed: {Share:P1} (95 %: {Interval.Low:P1} to {Interval.High:P1})";
}
