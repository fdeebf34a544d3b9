namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>Packets of services and others in one random order.</summary>
internal static class Mixture
{
    /// <summary>Both kinds are whole sets of so many flows; for the wanted share the smaller part is sent several times.</summary>
    public static byte[][] Of(IEnumerable<byte[]> services, IEnumerable<byte[]> others, int flows, int servicePercent)
    {
        if (servicePercent == 100)
            return RandomOrder.Of(services);
        if (servicePercent == 0)
            return RandomOrder.Of(others);
        byte[][] few = servicePercent < 50 ? [.. services] : [.. others];
        byte[][] many = servicePercent < 50 ? [.. others] : [.. services];
        int fewPercent = Math.Min(servicePercent, 100 - servicePercent);
        int count = (int)((long)flows * fewPercent / (100 - fewPercent));
        return RandomOrder.Of(many.Concat(Enumerable.Range(0, count).Select(i => few[i % few.Length])));
    }
}

/// <summary>A random order, the same in every run.</summary>
internal static class RandomOrder
{
    private const int Seed = 1;

    public static byte[][] Of(IEnumerable<byte[]> packets)
    {
        byte[][] shuffled = [.. packets];
        new Random(Seed).Shuffle(shuffled);
        return shuffled;
    }
}
