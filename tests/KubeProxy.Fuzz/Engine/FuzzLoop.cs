using System.Diagnostics;

namespace KubeProxy.Fuzz.Engine;

/// <summary>
/// The loop over inputs, in the process that may die of one: an input that takes a new edge joins the corpus, and new inputs are made from
/// the corpus.
/// </summary>
internal sealed class FuzzLoop(IFuzzTarget target, LoopOptions options) : IDisposable
{
    private const int ExecutionsPerLook = 64;
    private readonly EdgeMap _map = new();
    private readonly SharedInput _state = new(options.State);
    private readonly Mutator _mutator = new(target.Shape, target.Words, options.Seed);
    private readonly List<byte[]> _corpus = [];
    private readonly Dictionary<string, byte[]> _findings = [];
    private readonly Stopwatch _watch = new();
    private long _executions;
    private int _added;

    /// <summary>Runs until a limit is reached, or there are as many findings as anybody reads.</summary>
    public LoopReport Run()
    {
        _watch.Start();
        List<byte[]> start = [.. target.Seeds, .. CorpusFolder.Read(options.Corpus), .. CorpusFolder.Read(options.Crashers)];
        foreach (byte[] input in start) Execute(input, isFromCorpus: true);
        if (_corpus.Count == 0) _corpus.Add([]);
        int before = _corpus.Count;
        while (!IsOver()) Execute(Next(), isFromCorpus: false);
        Shrink();
        return new LoopReport(_executions, _watch.Elapsed, _map.EdgeCount, before, _added, [.. _findings.Keys]);
    }

    public void Dispose()
    {
        _map.Dispose();
        _state.Dispose();
    }

    private bool IsOver() => _executions >= options.Executions || _findings.Count >= options.MaxFindings
        || (_executions % ExecutionsPerLook == 0 && _watch.Elapsed >= options.Time);

    /// <summary>Every other time from the latest inputs: what is new leads to what is new.</summary>
    private byte[] Next()
    {
        int latest = Math.Max(1, _corpus.Count / 8);
        int at = _mutator.Next(2) == 0 ? _corpus.Count - 1 - _mutator.Next(latest) : _mutator.Next(_corpus.Count);
        return _mutator.Mutate(_corpus[at], _corpus[_mutator.Next(_corpus.Count)]);
    }

    private void Execute(byte[] input, bool isFromCorpus)
    {
        if (input.Length > Mutator.LongestInput) return;
        string? finding = Try(input);
        bool isNew = _map.Merge();
        if (finding is not null && _findings.Count < options.MaxFindings && _findings.TryAdd(finding, input))
            CorpusFolder.WriteFinding(options.Output, "finding", finding, input);
        else if (finding is null && isNew && (isFromCorpus || !options.IsBlind))
            Keep(input, isFromCorpus);
    }

    private void Keep(byte[] input, bool isFromCorpus)
    {
        _corpus.Add(input);
        if (isFromCorpus) return;
        _added++;
        CorpusFolder.Write(options.Output, input);
    }

    /// <summary>What is wrong with an input, or null.</summary>
    private string? Try(byte[] input)
    {
        _state.Note(++_executions, input);
        _map.Reset();
        try
        {
            target.Run(input);
            return null;
        }
        catch (Exception exception)
        {
            return Finding.Describe(exception);
        }
    }

    /// <summary>Findings without the parts that they do not need.</summary>
    private void Shrink()
    {
        foreach ((string finding, byte[] input) in _findings)
        {
            byte[] small = Shrinker.Shrink(target.Shape, input, candidate => Try(candidate) == finding);
            CorpusFolder.WriteFinding(options.Output, "finding", finding, small);
        }
    }
}

/// <summary>What a run has come to.</summary>
internal sealed record LoopReport(long Executions, TimeSpan Time, int Edges, int Corpus, int Added, string[] Findings);
