using System.Diagnostics;

namespace KubeProxy.Mutation;

/// <summary>Tries mutants in the order of a seed until the sample is full or the time is over.</summary>
public sealed class Sampling(CoreSource core, TestRun tests, Record record, TimeSpan limit)
{
    private readonly List<Result> _results = [];

    public IReadOnlyList<Result> Survivors => [.. _results.Where(result => !result.IsKilled)];

    public Score Score => new(_results.Count(result => result.IsKilled), _results.Count);

    /// <summary>False if the time was over first.</summary>
    public bool Run(IEnumerable<Mutant> order, int sample, TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(order);
        Stopwatch watch = Stopwatch.StartNew();
        foreach (Mutant mutant in order)
        {
            if (_results.Count >= sample) return true;
            if (record.Find(mutant.Id) is null && watch.Elapsed > time) return false;
            Result result = record.Find(mutant.Id) ?? Try(mutant);
            if (result.Outcome != Record.NoProgram) _results.Add(result);
        }

        return true;
    }

    private Result Try(Mutant mutant)
    {
        Stopwatch watch = Stopwatch.StartNew();
        byte[]? library = core.Compile(mutant);
        (string outcome, string by) = (Record.NoProgram, "");
        if (library is not null)
        {
            (TestOutcome ended, by) = tests.Of(library, mutant.File.Split('/')[0], limit);
            outcome = ended.ToString();
        }

        Result result = new(mutant.Id, mutant.ToString(), outcome, by, Math.Round(watch.Elapsed.TotalSeconds, 1));
        record.Add(result);
        if (library is not null) Console.WriteLine($"{(result.IsKilled ? "killed  " : "SURVIVED")} {result.Seconds,5:F1} s  {mutant}  {by}");
        return result;
    }
}
