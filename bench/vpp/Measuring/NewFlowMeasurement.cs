using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>
/// Clocks of a flow's first packet. Every sample forgets all sessions, sends one packet (lb makes its table with it),
/// and then every flow once. A pass before the samples touches all memory, so that no page fault is counted.
/// </summary>
internal sealed class NewFlowMeasurement(RunOptions options, Plan plan)
{
    private const string TouchStream = "touch";
    private const double LeastShareOfSessions = 0.99;

    /// <summary>No contender makes a flow faster, generator included: until then VPP is asked nothing.</summary>
    private static readonly TimeSpan LeastTimePerFlow = TimeSpan.FromMicroseconds(0.1);

    public IReadOnlyList<Measured> Run()
    {
        using Ground ground = new(options, plan);
        Lane[] lanes = [.. ground.Contenders.Where(contender => contender.ForwardNodes.Count > 0).Select(contender => LaneOf(ground, contender))];
        foreach (Lane lane in lanes)
            _ = Filling.Run(ground, lane.Contender);
        ground.SettlePages();
        Samples samples = new Sampler(options.Sampling).Take(lanes, lane => RunOnce(ground, lane));
        return [new Measured(plan.Load, Way.NewFlows, lanes, samples, ground.Describe(ground.CountSessions()))];
    }

    private Lane LaneOf(Ground ground, Contender contender)
    {
        string stream = $"{contender.Name}-new";
        ForwardStreams.Define(ground.Vpp, contender, stream, ground.Flows, '-', StreamShape.Of(plan.Load, ground.Flows.Count));
        ForwardStreams.Define(ground.Vpp, contender, TouchOf(contender), new FlowSet(1), '-', StreamShape.Of(plan.Load, 1));
        return new Lane(contender.Name, contender, stream, contender.ForwardNodes) { Before = () => Forget(ground, contender) };
    }

    private static string TouchOf(Contender contender) => $"{contender.Name}-{TouchStream}";

    private static void Forget(Ground ground, Contender contender)
    {
        contender.Flush(ground.Vpp);
        Streams.RunToEnd(ground.Vpp, TouchOf(contender));
        if (contender.CountSessions(ground.Vpp) is > 1 and var sessions)
            throw new TestbedException($"{contender.Name} still has {sessions} sessions after it was told to forget them");
    }

    private static RuntimeReading RunOnce(Ground ground, Lane lane)
    {
        RuntimeReading reading = ground.Vpp.Observe(() => Streams.RunToEnd(ground.Vpp, lane.Stream, ground.Flows.Count * LeastTimePerFlow));
        long? sessions = lane.Contender.CountSessions(ground.Vpp);
        return sessions < ground.Flows.Count * LeastShareOfSessions
            ? throw new TestbedException($"{lane.Name} made {sessions} sessions of {ground.Flows.Count} new flows")
            : reading;
    }
}
