using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using KubeProxy.Stress.Measuring;
using KubeProxy.Stress.Packets;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed.Hosts;
using Stream = KubeProxy.Stress.Yard.Stream;

namespace KubeProxy.Stress.Commands;

/// <summary>How long, and how many at once.</summary>
public sealed record ConsolePlan(TimeSpan Duration, int Workers, int Seed)
{
    public int Consoles { get; init; } = 8;

    /// <summary>Lines from which those are chosen that one console alone is refused.</summary>
    public int Lines { get; init; } = 800;

    /// <summary>Packets a second of each worker.</summary>
    public double PacketsPerSecond { get; init; } = 20_000;
}

/// <summary>
/// <c>consoles</c>: garbage from several consoles at once while traffic flows. First lines that are refused: each console is told of each what one alone was
/// told, and nothing changes. Then good and spoilt lines mixed. The canary is served all the time.
/// </summary>
public sealed class ConsoleStress
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(20);

    /// <summary>On a crowded machine a line may take a tenth of a second: the consoles go on until there are so many.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private readonly Ground _ground;
    private readonly ConsolePlan _plan;
    private readonly ConcurrentBag<string> _different = [];
    private readonly List<string> _ill = [];
    private int _looks;

    private ConsoleStress(Ground ground, ConsolePlan plan) => (_ground, _plan) = (ground, plan);

    private int Least => 20 * _plan.Consoles;

    public static Report Run(ConsolePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Report report = new(string.Create(CultureInfo.InvariantCulture, $"{plan.Consoles} consoles type garbage for {plan.Duration.TotalSeconds:0} s, {plan.Workers} workers, seed {plan.Seed}"));
        using Ground ground = new(new VppOptions { Workers = plan.Workers });
        Services.Open(ground);
        Health health = new(ground);
        new ConsoleStress(ground, plan).Run(report);
        health.Demand(report);
        return report;
    }

    private void Run(Report report)
    {
        (string Line, string Answer)[] refused = Refused();
        List<Stream> streams = [.. Traffic()];
        streams.ForEach(stream => stream.Start());
        string before = State();
        int refusals = Type(console => Enumerable.Range(console * 31, int.MaxValue / 2).Select(i => (refused[i % refused.Length].Line, (string?)refused[i % refused.Length].Answer)));
        string after = State();
        LineGrammar[] grammars = [.. Enumerable.Range(0, _plan.Consoles).Select(console => new LineGrammar(new Random(_plan.Seed + console)))];
        int mixed = Type(console => Enumerable.Range(0, int.MaxValue).Select(i => ((i % 3 == 0 ? grammars[console].Good() : grammars[console].Spoilt()).Text, (string?)null)));
        streams.ForEach(stream => stream.Stop());
        streams.ForEach(stream => stream.Dispose());
        report.Note("lines that one console was refused", refused.Length);
        report.Note("of these typed by all at once", refusals);
        report.Note("good and spoilt lines typed by all at once", mixed);
        report.Demand("lines of both kinds were typed", refused.Length > _plan.Lines / 4 && Math.Min(refusals, mixed) >= Least, $"{refusals:#,0} and {mixed:#,0}");
        report.Demand("every console is told what one alone was told", _different.IsEmpty, CommandStress.Examples([.. _different]));
        report.Demand("refused lines of all consoles change nothing", before == after, before == after ? "nothing" : $"was:\n{before}\nis:\n{after}");
        report.Demand("the canary is served meanwhile", _looks > 0 && _ill.Count == 0, CommandStress.Examples(_ill));
    }

    /// <summary>
    /// Lines that are refused as things are, and what is said. Those that are not change things, and what was refused before may not be any more:
    /// it is tried again until all are refused.
    /// </summary>
    private (string Line, string Answer)[] Refused()
    {
        LineGrammar grammar = new(new Random(_plan.Seed));
        (Line Line, string Answer)[] lines = [.. Enumerable.Range(0, _plan.Lines).Select(_ => (grammar.Spoilt(), ""))];
        for (int before = -1; before != lines.Length;)
        {
            before = lines.Length;
            _ground.Host.Cli("ku conf timeout default");
            lines = [.. lines.Select(line => (line.Line, Answer: _ground.Host.Cli(line.Line.Text))).Where(line => CommandStress.IsRefusal(line.Line, line.Answer))];
        }

        return [.. lines.Select(line => (line.Line.Text, line.Answer))];
    }

    /// <summary>All that lines can change; sessions come with packets.</summary>
    private string State() => string.Join('\n',
        string.Join('\n', HostState.WithoutWhatPasses(_ground.Host.Cli("show ku")).Split('\n').Where(line => !line.Contains(" sessions ", StringComparison.Ordinal))),
        _ground.Host.Cli("show ku vips"), RoutingTable.Of(_ground.Host, isIp6: false), RoutingTable.Of(_ground.Host, isIp6: true));

    private IEnumerable<Stream> Traffic()
    {
        Templates templates = new(new Random(_plan.Seed), _ground.FromClients, _ground.FromPod);
        return Enumerable.Range(0, Math.Max(1, _plan.Workers)).Select(worker =>
            new Stream(_ground.Host, Ground.Clients, [.. Enumerable.Range(0, 5000).Select(_ => templates.FromClient())], long.MaxValue / 2, worker, _plan.PacketsPerSecond));
    }

    /// <summary>Every console types its lines for half of the time, while the canary is looked at; answers how many lines there were.</summary>
    private int Type(Func<int, IEnumerable<(string Line, string? Answer)>> linesOf)
    {
        int typed = 0;
        Stopwatch clock = Stopwatch.StartNew();
        Task[] consoles = [.. Enumerable.Range(0, _plan.Consoles).Select(console => Task.Run(() =>
        {
            using CliConnection connection = _ground.Host.Connect(AnswerLimit);
            foreach ((string line, string? expected) in linesOf(console).TakeWhile(_ => clock.Elapsed < _plan.Duration / 2 || (Volatile.Read(ref typed) < Least && clock.Elapsed < LongestWait)))
            {
                string answer = connection.Send(line);
                Interlocked.Increment(ref typed);
                if (expected is not null && answer != expected)
                    _different.Add($"'{line}': '{answer}', not '{expected}'");
            }
        }))];
        while (consoles.Any(console => !console.IsCompleted))
        {
            _looks++;
            if (_ground.Canary.Fault() is { } fault)
                _ill.Add(fault);
        }

        Task.WaitAll(consoles);
        return typed;
    }
}
