using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>
/// Clocks of a flow's first packet, alone or among packets of flows that have sessions. Every sample forgets all sessions,
/// sends one packet (lb makes its table with it), makes the sessions that are to be there, and then sends every packet
/// once. A pass before the samples touches all memory, so that no page fault is counted.
/// </summary>
internal sealed class NewFlowMeasurement(RunOptions options, Plan plan)
{
    private const string TouchStream = "touch";
    private const string KnownStream = "known";
    private const double LeastShareOfSessions = 0.99;

    /// <summary>No contender makes a flow faster, generator included: until then VPP is asked nothing.</summary>
    private static readonly TimeSpan LeastTimePerFlow = TimeSpan.FromMicroseconds(0.1);

    private bool IsMixed => plan.Load.NewShare < 100;

    public IReadOnlyList<Measured> Run()
    {
        using Ground ground = new(options, plan);
        if (IsMixed && ForwardStreams.NewOf(ground.Flows, plan.Load.NewShare) > ground.Flows.MostBeyond)
            throw new TestbedException($"{plan.Load}: the clients' addresses have ports for {ground.Flows.MostBeyond:N0} more flows only");
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
        StreamShape shape = StreamShape.Of(plan.Load, ground.Flows.Count);
        ForwardStreams.Define(ground.Vpp, contender, StreamOf(contender, TouchStream), new FlowSet(1), '-', shape with { Limit = 1 });
        if (IsMixed)
        {
            ForwardStreams.Define(ground.Vpp, contender, StreamOf(contender, KnownStream), ground.Flows, '-', shape);
            ForwardStreams.DefineSomeNew(ground.Vpp, contender, stream, ground.Flows, plan.Load.NewShare, shape);
        }
        else
        {
            ForwardStreams.Define(ground.Vpp, contender, stream, ground.Flows, '-', shape);
        }

        return new Lane(contender.Name, contender, stream, contender.ForwardNodes) { Before = () => Forget(ground, contender) };
    }

    private static string StreamOf(Contender contender, string what) => $"{contender.Name}-{what}";

    private void Forget(Ground ground, Contender contender)
    {
        contender.Flush(ground.Vpp);
        Streams.RunToEnd(ground.Vpp, StreamOf(contender, TouchStream));
        if (contender.CountSessions(ground.Vpp) is > 1 and var sessions)
            throw new TestbedException($"{contender.Name} still has {sessions} sessions after it was told to forget them");
        if (!IsMixed)
            return;
        Streams.RunToEnd(ground.Vpp, StreamOf(contender, KnownStream));
        DemandSessions(ground, contender, ground.Flows.Count);
    }

    private RuntimeReading RunOnce(Ground ground, Lane lane)
    {
        RuntimeReading reading = ground.Vpp.Observe(() => Streams.RunToEnd(ground.Vpp, lane.Streams[0], ground.Flows.Count * LeastTimePerFlow));
        DemandSessions(ground, lane.Contender, ground.Flows.Count + (IsMixed ? ForwardStreams.NewOf(ground.Flows, plan.Load.NewShare) : 0));
        return reading;
    }

    /// <summary>Throws where ours has not remembered nearly all flows; of others it is noted: a table of theirs may have no place for a flow though it is half empty.</summary>
    private static void DemandSessions(Ground ground, Contender contender, int flows)
    {
        if (contender.CountSessions(ground.Vpp) is not { } sessions || sessions >= flows * LeastShareOfSessions)
            return;
        string text = $"{contender.Name} made {sessions} sessions of {flows} flows";
        if (contender is KubeProxyContender)
            throw new TestbedException(text);
        ground.Note(text);
    }
}
