namespace KubeProxy.Testbed.Hosts;

/// <summary>The frames that left, by interface, each list in the order of leaving.</summary>
public sealed class Capture(IReadOnlyDictionary<string, IReadOnlyList<byte[]>> frames)
{
    public IReadOnlyList<byte[]> On(string hostInterface) => frames[hostInterface];

    public int Count => frames.Values.Sum(list => list.Count);

    public IEnumerable<byte[]> All => frames.Values.SelectMany(list => list);
}
