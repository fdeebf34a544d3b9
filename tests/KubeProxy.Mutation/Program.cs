using System.CommandLine;
using System.Diagnostics;
using KubeProxy.Mutation;
using KubeProxy.Testbed;

Argument<int> sample = new("sample") { Description = "mutants to try", DefaultValueFactory = _ => 300 };
Option<int> seed = new("--seed") { Description = "which mutants are drawn, and in which order", DefaultValueFactory = _ => 1 };
Option<double> minutes = new("--minutes") { Description = "stop after this time; the next run goes on from there", DefaultValueFactory = _ => double.PositiveInfinity };
Option<double> gate = new("--gate") { Description = "the least share in percent", DefaultValueFactory = _ => 75 };
Option<bool> again = new("--again") { Description = "try those again that survived" };
Option<string> only = new("--only") { Description = "a text that names of files contain", DefaultValueFactory = _ => "" };
RootCommand root = new("Changes one place of Core at a time, and counts how many such mutants the tests of Core notice.") { sample, seed, minutes, gate, only, again };
root.SetAction(line =>
{
    CoreSource core = CoreSource.Read();
    IReadOnlyList<Mutant> all = [.. core.Mutants.Where(mutant => mutant.File.Contains(line.GetValue(only)!, StringComparison.Ordinal))];
    Mutant[] order = [.. all];
    new Random(line.GetValue(seed)).Shuffle(order);
    using TestRun tests = new();
    Record record = new(Path.Combine(Artifacts.RepositoryRoot, "artifacts", "mutation", $"{core.Fingerprint}.jsonl"));
    if (line.GetValue(again)) record.ForgetSurvivors();
    Result plain = record.Find(Record.Plain) ?? Plain(core, tests, record);
    if (plain.Outcome != nameof(TestOutcome.Passed))
    {
        Console.Error.WriteLine($"mutation: the tests do not pass without a mutant: {plain.Outcome} {plain.By}");
        return 1;
    }

    TimeSpan limit = TimeSpan.FromSeconds((2 * plain.Seconds) + 10);
    Console.WriteLine($"{all.Count} mutants; the tests without one take {plain.Seconds:F0} s, a hang is one of {limit.TotalSeconds:F0} s");
    Sampling sampling = new(core, tests, record, limit);
    double time = Math.Min(line.GetValue(minutes), TimeSpan.FromDays(7).TotalMinutes);
    bool isWhole = sampling.Run(order, line.GetValue(sample), TimeSpan.FromMinutes(time));
    foreach (Result survivor in sampling.Survivors) Console.WriteLine($"survived: {survivor.Text}");
    Console.WriteLine($"{sampling.Score}{(isWhole ? "" : "; not done, run it again")}");
    return sampling.Score.Share * 100 >= line.GetValue(gate) && isWhole ? 0 : 1;
});
return root.Parse(args).Invoke();

// What every judgement rests on: without a mutant all tests pass. The time says when a mutant hangs.
static Result Plain(CoreSource core, TestRun tests, Record record)
{
    Stopwatch watch = Stopwatch.StartNew();
    (TestOutcome outcome, string by) = tests.Of(core.Compile(null)!, null, TimeSpan.FromMinutes(10));
    Result result = new(Record.Plain, "no mutant", outcome.ToString(), by, Math.Round(watch.Elapsed.TotalSeconds, 1));
    if (outcome == TestOutcome.Passed) record.Add(result);
    return result;
}
