using System.Net.Sockets;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>What is measured.</summary>
internal sealed record MeasurementOptions
{
    public required AddressFamily Family { get; init; }

    public required Transport Protocol { get; init; }

    public required IReadOnlyList<string> Contenders { get; init; }

    public required IReadOnlyList<Direction> Directions { get; init; }

    public required SamplingOptions Sampling { get; init; }

    public required int MaxFrame { get; init; }

    public required PageChoice Pages { get; init; }

    public required int Core { get; init; }

    public required bool IsRealTime { get; init; }
}

/// <summary>The samples of one number of flows, by direction, and what was true meanwhile.</summary>
internal sealed record Measured(
    FlowSet Flows, TableSize Size, IReadOnlyList<Contender> Contenders, IReadOnlyDictionary<Direction, Samples> Samples,
    IReadOnlyDictionary<string, long?> Sessions, IReadOnlyList<string> Notes, long HugePageBytes, string VppVersion, string VppCpu);

/// <summary>
/// One VPP, one number of flows: configures everybody, fills every table with every flow once and checks what came out,
/// then samples keys at random. Sessions are counted before and after: nobody may have lost or gained one.
/// </summary>
internal sealed class Measurement(MeasurementOptions options, int flowCount)
{
    private const double LeastShareOfSessions = 0.999;
    private readonly FlowSet _flows = new(flowCount, options.Family);
    private readonly List<string> _notes = [];
    private readonly IReadOnlyList<Contender> _contenders = ContenderList.Create(options.Contenders, options.Family, options.Protocol);

    public Measured Run()
    {
        using MeasuredVpp vpp = MeasuredVpp.Start(new MeasuredVppOptions
        {
            Plugins = [.. _contenders.Select(contender => contender.Plugin).OfType<string>()],
            Sections = string.Join('\n', _contenders.Select(contender => contender.Startup)),
            Core = options.Core,
            IsRealTime = options.IsRealTime,
        });
        TableSize size = TableSize.For(_flows.Count);
        Configure(vpp, size);
        foreach (Contender contender in _contenders)
            Fill(vpp, contender);
        IReadOnlyDictionary<string, long?> sessions = CountSessions(vpp);
        if (options.Pages == PageChoice.Huge)
            HugePages.Collapse(vpp.Pid);
        Dictionary<Direction, Samples> samples = options.Directions.ToDictionary(direction => direction, direction => Take(vpp, direction));
        CheckSessions(sessions, CountSessions(vpp));
        return new Measured(
            _flows, size, _contenders, samples, sessions, _notes, HugePages.BytesOf(vpp.Pid), vpp.Cli("show version verbose"), vpp.Cli("show cpu"));
    }

    private void Configure(MeasuredVpp vpp, TableSize size)
    {
        Site.CreateClients(vpp, options.Family);
        foreach (Contender contender in _contenders)
        {
            contender.Site.Create(vpp);
            contender.Configure(vpp, size);
        }
    }

    /// <summary>Sends every flow once, checks what came out, and defines the endless streams of both directions.</summary>
    private void Fill(MeasuredVpp vpp, Contender contender)
    {
        ForwardStreams.Define(vpp, contender, "fill", _flows, '-', new StreamShape(_flows.Count));
        IReadOnlyList<byte[]> frames = Streams.RunAndCapture(vpp, "fill", contender.Site.PodInterface);
        Streams.Delete(vpp, "fill");
        Judge(contender, Direction.Forward, OutputCheck.Forward(contender, _flows, frames));
        if (options.Directions.Contains(Direction.Forward))
            ForwardStreams.Define(vpp, contender, Sampler.StreamOf(contender, Direction.Forward), _flows, '+', new StreamShape(0, options.MaxFrame));
        if (options.Directions.Contains(Direction.Return) && contender.ReturnNodes is not null)
            DefineReturn(vpp, contender, ReturnPackets.Shuffled(frames.Select(ReturnPackets.AnswerTo)));
    }

    private void DefineReturn(MeasuredVpp vpp, Contender contender, byte[][] packets)
    {
        Site site = contender.Site;
        Streams.FromPackets(vpp, "answers", site, site.PodInterface, packets, new StreamShape(packets.Length));
        IReadOnlyList<byte[]> frames = Streams.RunAndCapture(vpp, "answers", Site.ClientInterface);
        Streams.Delete(vpp, "answers");
        long withoutSession = contender.CountSessions(vpp) is { } sessions ? _flows.Count - sessions : 0;
        Judge(contender, Direction.Return, OutputCheck.Return(contender, _flows, frames, withoutSession));
        Streams.FromPackets(vpp, Sampler.StreamOf(contender, Direction.Return), site, site.PodInterface, packets, new StreamShape(0, options.MaxFrame));
    }

    private Samples Take(MeasuredVpp vpp, Direction direction)
    {
        IReadOnlyList<Contender> takingPart = direction == Direction.Forward ? _contenders : [.. _contenders.Where(contender => contender.ReturnNodes is not null)];
        return new Sampler(vpp, options.Sampling).Take(takingPart, direction);
    }

    private Dictionary<string, long?> CountSessions(MeasuredVpp vpp) => _contenders.ToDictionary(contender => contender.Name, contender => contender.CountSessions(vpp));

    /// <summary>Nobody may gain or lose sessions while measured, and ours must have one for all but a few flows in a thousand.</summary>
    private void CheckSessions(IReadOnlyDictionary<string, long?> before, Dictionary<string, long?> after)
    {
        foreach ((string name, long? count) in before)
        {
            string text = $"{name} held {count} sessions of {_flows.Count} flows before and {after[name]} after measuring";
            if (count is { } some && name == KubeProxyContender.ContenderName && (some < _flows.Count * LeastShareOfSessions || after[name] < some))
                throw new TestbedException(text);
            if (count != after[name] || (count is not null && count != _flows.Count))
                _notes.Add(text);
        }
    }

    private void Judge(Contender contender, Direction direction, string? fault)
    {
        if (OutputCheck.Judge(contender, direction, fault) is { } note)
            _notes.Add(note);
    }
}
