using System.Globalization;
using System.Net;
using KubeProxy.Stress.Measuring;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Stress.Commands;

/// <summary>How many lines.</summary>
public sealed record CommandPlan(int Lines, int Workers, int Seed)
{
    /// <summary>How often the refused lines are typed again, to see whether memory grows.</summary>
    public int Repeats { get; init; } = 20;

    /// <summary>Every so many lines the whole routing tables are compared, else how many routes there are.</summary>
    public int RoutesEvery { get; init; } = 100;
}

/// <summary>
/// <c>commands</c>: lines of every command, most of them spoilt. VPP lives, a refused line changes nothing and names a word at fault, and refused lines
/// leave nothing behind in memory.
/// </summary>
public sealed class CommandStress
{
    private const int Kept = 400;
    private const int ShownExamples = 5;
    private static readonly string[] StateLines = ["show ku vip verbose", "show ip fib summary", "show ip6 fib summary"];
    private readonly Ground _ground;
    private readonly CommandPlan _plan;
    private readonly Random _random;
    private readonly List<string> _refused = [];
    private readonly List<string> _changing = [];
    private readonly List<string> _nameless = [];
    private int _refusals;
    private int _answers;
    private int _accepted;
    private string _routes = "";

    private CommandStress(Ground ground, CommandPlan plan)
    {
        (_ground, _plan) = (ground, plan);
        _random = new Random(plan.Seed);
    }

    public static Report Run(CommandPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Report report = new(string.Create(CultureInfo.InvariantCulture, $"{plan.Lines:#,0} command lines, {plan.Workers} workers, seed {plan.Seed}"));
        using Ground ground = new(new VppOptions { Workers = plan.Workers, PollSleepMicroseconds = plan.Workers == 0 ? 0 : 100 });
        ground.Canary.Open();
        Health health = new(ground);
        CommandStress stress = new(ground, plan);
        stress.TypeAll();
        stress.Demand(report);
        stress.DemandFlatMemory(report);
        health.Demand(report);
        return report;
    }

    /// <summary>All that lines can change, of the routes only how many there are of each length.</summary>
    private string State() => string.Join('\n', [HostState.WithoutWhatPasses(_ground.Host.Cli("show ku")), .. StateLines.Select(_ground.Host.Cli)]);

    private string Routes() => $"{RoutingTable.Of(_ground.Host, isIp6: false)}\n{RoutingTable.Of(_ground.Host, isIp6: true)}";

    private void TypeAll()
    {
        LineGrammar grammar = new(_random);
        string state = State();
        _routes = Routes();
        for (int i = 0; i < _plan.Lines; i++)
        {
            Line line = _random.Next(6) == 0 ? grammar.Good() : grammar.Spoilt();
            string printed = _ground.Host.Cli(line.Text);
            string now = State();
            if (IsRefusal(line, printed))
            {
                NoteRefusal(line, printed);
                bool isSame = now == state && (i % _plan.RoutesEvery != 0 || Routes() == _routes);
                if (!isSame)
                    _changing.Add($"'{Short(line.Text)}' was refused: {Short(printed)}");
            }
            else if (now == state)
            {
                _answers++;
            }
            else
            {
                _accepted++;
            }

            if (now != state)
                (state, _routes) = (now, Routes());
        }
    }

    /// <summary>A refusal by the command begins with its path; VPP itself refuses what leads to no command.</summary>
    public static bool IsRefusal(Line line, string printed) => line is not null && printed is not null &&
        (printed.StartsWith(line.Path + ": ", StringComparison.Ordinal) || printed.Contains("unknown input", StringComparison.Ordinal));

    private void NoteRefusal(Line line, string printed)
    {
        _refusals++;
        if (_refused.Count < Kept)
            _refused.Add(line.Text);
        string text = printed[Math.Min(printed.Length, line.Path.Length)..];
        bool isNamed = text.Contains("missing", StringComparison.Ordinal) || text.Contains("nothing to configure", StringComparison.Ordinal) || line.Words.Any(word => text.Contains(Shown(word), StringComparison.Ordinal) || text.Contains(WithoutHostBits(word), StringComparison.Ordinal));
        if (!isNamed)
            _nameless.Add($"'{Short(line.Text)}': {Short(printed)}");
    }

    /// <summary>As much of a word as an error shows unchanged.</summary>
    private static string Shown(string word)
    {
        string plain = new([.. word.TakeWhile(character => character is > ' ' and <= '~' and not '"' and not '\\')]);
        return plain.Length > 16 ? plain[..16] : plain;
    }

    /// <summary>A prefix as the commands print it, any other word as it is.</summary>
    private static string WithoutHostBits(string word)
    {
        string[] parts = word.Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out IPAddress? address) || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out int length))
            return word;
        byte[] bytes = address.GetAddressBytes();
        for (int bit = Math.Max(0, length); bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return $"{new IPAddress(bytes)}/{length}";
    }

    private void Demand(Report report)
    {
        report.Note("lines typed", _plan.Lines);
        report.Note("refused", _refusals);
        report.Note("accepted, and something changed", _accepted);
        report.Note("accepted, and nothing changed", _answers);
        report.Demand("lines of both kinds were typed", _refusals > _plan.Lines / 4 && _accepted > _plan.Lines / 100, $"{_refusals:#,0} and {_accepted:#,0}");
        report.Demand("a refused line changes nothing", _changing.Count == 0, Examples(_changing));
        report.Demand("a refusal names a word of the line", _nameless.Count == 0, Examples(_nameless));
    }

    private void DemandFlatMemory(Report report)
    {
        List<(double, double)> heap = [];
        for (int round = 0; round < _plan.Repeats; round++)
        {
            foreach (string line in _refused)
                _ground.Host.Cli(line);
            if (round >= _plan.Repeats / 4)
                heap.Add((round, HostUse.MainHeapBytes(_ground.Host) ?? 0));
        }

        TheilSen slope = TheilSen.Of(heap);
        report.Note("refused lines typed again", (double)_plan.Repeats * _refused.Count);
        report.Note("main heap, bytes a line", slope.Slope / _refused.Count);
        report.Demand("refused lines leave no memory behind", !slope.IsGrowing, $"{slope.Slope:0.#} bytes a round, 95 %: {slope.Low:0.#} to {slope.High:0.#}");
    }

    internal static string Examples(List<string> list) => list.Count == 0 ? "none" : $"{list.Count}: {string.Join("; ", list.Take(ShownExamples))}";

    private static string Short(string text) => text.Length <= 160 ? text : $"{text[..160]}... ({text.Length})";
}
