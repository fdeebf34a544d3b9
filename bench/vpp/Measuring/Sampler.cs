using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>How samples are taken.</summary>
internal sealed record SamplingOptions(int Samples, double Seconds, double WarmSeconds, double NoiseLimit);

/// <summary>
/// Takes samples of all contenders in turn and back again (A B C, C B A, ...), in one process, so that a drift of the
/// machine meets all alike. A sample whose yardstick, ip4-lookup, is slower than its contender's fastest by more than
/// the noise limit is thrown away, and another round follows, up to three times as many as were asked for.
/// </summary>
internal sealed class Sampler(MeasuredVpp vpp, SamplingOptions options)
{
    private const int MostRoundsFactor = 3;

    public Samples Take(IReadOnlyList<Contender> contenders, Direction direction)
    {
        Samples samples = new(options.NoiseLimit);
        for (int round = 0; round < options.Samples * MostRoundsFactor; round++)
        {
            IEnumerable<Contender> order = round % 2 == 0 ? contenders : contenders.Reverse();
            foreach (Contender contender in order)
                samples.Add(TakeOne(contender, direction));
            if (round % 2 == 1 && contenders.All(contender => samples.Accepted(contender.Name).Count >= options.Samples))
                break;
        }

        return samples;
    }

    /// <summary>The name of the endless stream of a contender.</summary>
    public static string StreamOf(Contender contender, Direction direction) => $"{contender.Name}-{(direction == Direction.Forward ? "forward" : "return")}";

    private Sample TakeOne(Contender contender, Direction direction)
    {
        string stream = StreamOf(contender, direction);
        Streams.Enable(vpp, stream);
        Thread.Sleep(TimeSpan.FromSeconds(options.WarmSeconds));
        vpp.Do("clear runtime");
        Thread.Sleep(TimeSpan.FromSeconds(options.Seconds));
        IReadOnlyDictionary<string, NodeClocks> nodes = RuntimeTable.Parse(vpp.Cli("show runtime"));
        Streams.Disable(vpp, stream);
        return Read(contender, direction, nodes);
    }

    private static Sample Read(Contender contender, Direction direction, IReadOnlyDictionary<string, NodeClocks> nodes)
    {
        NodeClocks lookup = Find(nodes, $"ip{contender.Site.Digit}-lookup", contender);
        IReadOnlyList<string> own = (direction == Direction.Forward ? contender.ForwardNodes : contender.ReturnNodes)
            ?? throw new TestbedException($"{contender.Name} has no return path");
        foreach (string name in own)
        {
            long packets = Find(nodes, name, contender).Packets;
            if (Math.Abs(packets - lookup.Packets) > Math.Max(1024, lookup.Packets / 100))
                throw new TestbedException($"{contender.Name}: {name} saw {packets} packets, ip-lookup {lookup.Packets}: not the same work");
        }

        return new Sample(contender.Name, direction, nodes)
        {
            LookupClocks = lookup.Clocks,
            Packets = lookup.Packets,
            OwnClocks = own.Sum(name => nodes[name].Clocks),
        };
    }

    private static NodeClocks Find(IReadOnlyDictionary<string, NodeClocks> nodes, string name, Contender contender) =>
        nodes.GetValueOrDefault(name) ?? throw new TestbedException($"{contender.Name}: {name} saw no packet; seen: {string.Join(", ", nodes.Keys)}");
}

/// <summary>All samples of one measurement, and which of them count.</summary>
internal sealed class Samples(double noiseLimit)
{
    private readonly List<Sample> _taken = [];

    public IReadOnlyList<Sample> Taken => _taken;

    public void Add(Sample sample) => _taken.Add(sample);

    public IReadOnlyList<Sample> Of(string contender) => [.. _taken.Where(sample => sample.Contender == contender)];

    public bool IsAccepted(Sample sample) => sample.LookupClocks <= noiseLimit * Of(sample.Contender).Min(other => other.LookupClocks);

    public IReadOnlyList<Sample> Accepted(string contender) => [.. Of(contender).Where(IsAccepted)];
}
