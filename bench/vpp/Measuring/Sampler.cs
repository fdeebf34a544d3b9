using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>How samples are taken.</summary>
internal sealed record SamplingOptions(int Samples, double Seconds, double WarmSeconds, double NoiseLimit);

/// <summary>
/// Takes samples of all lanes in turn and back again (A B C, C B A, ...), in one process, so that a drift of the
/// machine meets all alike. A sample whose yardstick, ip4-lookup, is slower than its lane's fastest by more than the
/// noise limit, or during which VPP lost its CPU, is thrown away, and another round follows, up to three times as many
/// as were asked for.
/// </summary>
internal sealed class Sampler(SamplingOptions options)
{
    private const int MostRoundsFactor = 3;
    private const int WarmPacketsPerFlow = 3;
    private static readonly TimeSpan WarmLimit = TimeSpan.FromMinutes(2);

    public Samples Take(IReadOnlyList<Lane> lanes, Func<Lane, RuntimeReading> read)
    {
        Samples samples = new(options.NoiseLimit);
        for (int round = 0; round < options.Samples * MostRoundsFactor; round++)
        {
            IEnumerable<Lane> order = round % 2 == 0 ? lanes : lanes.Reverse();
            foreach (Lane lane in order)
            {
                lane.Before?.Invoke();
                samples.Add(Sample.Of(lane, read(lane)));
            }

            if (round % 2 == 1 && lanes.All(lane => samples.Accepted(lane.Name).Count >= options.Samples))
                break;
        }

        return samples;
    }

    /// <summary>Reads endless streams: some time to warm up, then some time that counts.</summary>
    public Samples TakeSteady(MeasuredVpp vpp, IReadOnlyList<Lane> lanes, FlowSet flows) => Take(lanes, lane =>
    {
        WarmUp(vpp, lane, flows);
        RuntimeReading reading = vpp.Observe(() => Thread.Sleep(TimeSpan.FromSeconds(options.Seconds)));
        foreach (string stream in lane.Streams)
            Streams.Disable(vpp, stream);
        return reading;
    });

    /// <summary>
    /// Until the time is over and nearly every flow was met: a table that lay idle while others had their turn has lost its
    /// caches, and its sessions are old and want to be refreshed, which no sample of a steady state may show.
    /// </summary>
    private void WarmUp(MeasuredVpp vpp, Lane lane, FlowSet flows)
    {
        vpp.Do("clear runtime");
        foreach (string stream in lane.Streams)
            Streams.Enable(vpp, stream);
        Thread.Sleep(TimeSpan.FromSeconds(options.WarmSeconds));
        Wait.Until(() => SeenBy(vpp, lane) >= (long)flows.Count * WarmPacketsPerFlow * lane.Streams.Count, WarmLimit, $"{string.Join(" and ", lane.Streams)} to meet every flow");
    }

    private static long SeenBy(MeasuredVpp vpp, Lane lane) =>
        RuntimeTable.Parse(vpp.Cli("show runtime")).GetValueOrDefault($"ip{lane.Contender.Site.Digit}-lookup")?.Packets ?? 0;
}
