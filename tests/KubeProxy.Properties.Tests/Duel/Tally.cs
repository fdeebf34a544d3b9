namespace KubeProxy.Properties.Tests.Duel;

/// <summary>Sums over many plays.</summary>
public sealed class Tally
{
    public long Cases { get; private set; }

    public long NotCovered { get; private set; }

    public Dictionary<string, long> Fates { get; } = [];

    public void Add(Judge judge)
    {
        Cases += judge.Cases;
        NotCovered += judge.NotCovered;
        foreach ((string name, long count) in judge.Fates) Fates[name] = Fates.GetValueOrDefault(name) + count;
    }

    public override string ToString() => $"{Cases} differential cases, 0 differences, {NotCovered} not covered";
}
