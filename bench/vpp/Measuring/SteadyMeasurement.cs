using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>
/// One VPP, one workload, flows that have their sessions: fills every table with every flow once and checks what came
/// out, then samples keys at random. Sessions are counted before and after: nobody may have lost or gained one.
/// </summary>
internal sealed class SteadyMeasurement(RunOptions options, Plan plan)
{
    public IReadOnlyList<Measured> Run()
    {
        using Ground ground = new(options, plan);
        HashSet<(Contender, Way)> defined = [];
        foreach (Contender contender in ground.Contenders)
        {
            IReadOnlyList<byte[]> frames = Filling.Run(ground, contender);
            if (Wants(Way.Forward) && DefineForward(ground, contender))
                defined.Add((contender, Way.Forward));
            if (Wants(Way.Return) && contender.ReturnNodes is not null && DefineReturn(ground, contender, frames))
                defined.Add((contender, Way.Return));
            if (defined.Contains((contender, Way.Forward)) && defined.Contains((contender, Way.Return)))
                defined.Add((contender, Way.Both));
        }

        IReadOnlyDictionary<string, long?> sessions = ground.CountSessions();
        ground.SettlePages();
        List<(Way Way, IReadOnlyList<Lane> Lanes, Samples Samples)> taken = [];

        // Answers alone before the rest: lb's return path has no sessions and lets those of the other direction grow old.
        foreach (Way way in plan.Ways.OrderBy(way => way != Way.Return))
        {
            IEnumerable<Contender> takingPart = ground.Contenders.Where(contender => defined.Contains((contender, way)));
            Lane[] lanes = [.. takingPart.Select(contender => Lane.Of(contender, way, plan.Load.ServiceShare))];
            if (lanes.Length > 0)
                taken.Add((way, lanes, new Sampler(options.Sampling).TakeSteady(ground.Vpp, lanes, ground.Flows)));
        }

        ground.CheckSessions(sessions);
        Circumstances circumstances = ground.Describe(sessions);
        return [.. taken.OrderBy(one => one.Way).Select(one => new Measured(plan.Load, one.Way, one.Lanes, one.Samples, circumstances))];
    }

    private bool Wants(Way way) => plan.Ways.Contains(way) || plan.Ways.Contains(Way.Both);

    private bool DefineForward(Ground ground, Contender contender)
    {
        ForwardStreams.DefineMixed(
            ground.Vpp, contender, Lane.StreamOf(contender, Way.Forward), ground.Flows, plan.Load.ServiceShare, StreamShape.Of(plan.Load));
        return true;
    }

    /// <summary>False where the answers are too many to be replayed.</summary>
    private bool DefineReturn(Ground ground, Contender contender, IReadOnlyList<byte[]> frames)
    {
        Site site = contender.Site;
        string stream = Lane.StreamOf(contender, Way.Return);
        StreamShape shape = StreamShape.Of(plan.Load);
        if (plan.Load.ServiceShare < 100 && !contender.PassesOthers)
            return Refuse(ground, $"{contender.Name} is left out where not all packets are answers: it drops the others");
        if (frames.Count < ground.Flows.Count)
            return DefineManyAnswers(ground, contender, stream, shape);
        byte[][] answers = RandomOrder.Of(frames.Select(ReturnPackets.AnswerTo));
        Streams.FromPackets(ground.Vpp, "answers", site, site.PodInterface, answers, new StreamShape(answers.Length));
        Check(ground, contender, ground.Flows.Count);
        ReturnStreams.Define(ground.Vpp, site, stream, answers, ground.Flows, plan.Load.ServiceShare, shape);
        return true;
    }

    /// <summary>The generator can draw answers only where all come from one pod.</summary>
    private static bool DefineManyAnswers(Ground ground, Contender contender, string stream, StreamShape shape)
    {
        if (ground.Load is not { Pods: 1, ServiceShare: 100, IsReplayed: false })
            return Refuse(ground, $"{contender.Name}: answers of more than {Filling.MostCaptured:N0} flows are measured with one pod only");
        ReturnStreams.DefineOfOnePod(ground.Vpp, contender.Site, "answers", ground.Flows, '-', shape with { Limit = Filling.MostCaptured });
        Check(ground, contender, Filling.MostCaptured);
        ReturnStreams.DefineOfOnePod(ground.Vpp, contender.Site, stream, ground.Flows, '+', shape);
        return true;
    }

    private static bool Refuse(Ground ground, string reason)
    {
        ground.Note(reason);
        return false;
    }

    private static void Check(Ground ground, Contender contender, int expected)
    {
        IReadOnlyList<byte[]> frames = Streams.RunAndCapture(ground.Vpp, "answers", Site.ClientInterface);
        Streams.Delete(ground.Vpp, "answers");
        long withoutSession = contender.CountSessions(ground.Vpp) is { } sessions ? ground.Flows.Count - sessions : 0;
        ground.Judge(contender, Way.Return, OutputCheck.Return(contender, ground.Flows, frames, expected, withoutSession));
    }
}
