using System.Diagnostics;
using System.Globalization;

namespace KubeProxy.Fuzz.Engine;

/// <summary>
/// Runs a <see cref="FuzzLoop"/> in a process of its own, over instrumented code. When that dies, or does not come back from an input, the
/// input is a crasher; the loop goes on without it, with another seed, for the rest of its time.
/// </summary>
internal sealed class Supervisor(LoopOptions options)
{
    private const int MaxDeaths = 5;
    private const long MostExecutions = 1L << 50;
    private readonly List<string> _findings = [];
    private readonly Stopwatch _watch = new();
    private long _executions;
    private int _edges;
    private int _corpus;
    private int _added;

    public LoopReport Run()
    {
        string folder = Instrumentation.Prepare();
        Directory.CreateDirectory(options.Output);
        _watch.Start();
        for (int round = 0; round <= MaxDeaths && !IsOver(round); round++) RunOnce(folder, round);
        return new LoopReport(_executions, _watch.Elapsed, _edges, _corpus, _added, [.. _findings]);
    }

    private bool IsOver(int round) =>
        round != 0 && (_watch.Elapsed >= options.Time || _executions >= options.Executions || _findings.Count >= options.MaxFindings);

    private void RunOnce(string folder, int round)
    {
        string state = Path.Combine(options.Output, "input-in-work");
        File.Delete(state);
        using var shared = new SharedInput(state);
        string report = Path.Combine(options.Output, "report");
        File.Delete(report);
        using Process process = Start(folder, round, state, report);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        bool isStuck = Watch(process, shared);
        if (!isStuck && process.ExitCode == 0) Add(ReportFile.Read(report));
        else AddDeath(shared, isStuck ? null : process.ExitCode, errors.Result);
        _executions += File.Exists(report) ? 0 : shared.Executions;
    }

    private Process Start(string folder, int round, string state, string report)
    {
        string[] arguments =
        [
            Path.Combine(folder, Instrumentation.Program), "loop", options.Target, "--seed", Text(options.Seed + (round * 1000)),
            "--seconds", Text(Math.Max(1, (options.Time - _watch.Elapsed).TotalSeconds)), "--executions", Text(Math.Min(options.Executions - _executions, MostExecutions)),
            "--findings", Text(options.MaxFindings - _findings.Count), "--corpus", options.Corpus, "--crashers", options.Crashers, "--output", options.Output, "--state", state, "--report", report, .. options.IsBlind ? ["--blind"] : (string[])[],
        ];
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments) { RedirectStandardError = true };
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
    }

    /// <summary>Waits for the end; true when there had to be made one.</summary>
    private bool Watch(Process process, SharedInput shared)
    {
        long last = -1;
        var since = Stopwatch.StartNew();
        while (!process.WaitForExit(500))
        {
            if (shared.Executions != last) since.Restart();
            last = shared.Executions;
            if (since.Elapsed < options.LongestExecution) continue;
            process.Kill();
            process.WaitForExit();
            return true;
        }

        process.WaitForExit();
        return false;
    }

    private void Add(LoopReport report)
    {
        _executions += report.Executions;
        _edges = Math.Max(_edges, report.Edges);
        _corpus = Math.Max(_corpus, report.Corpus);
        _added += report.Added;
        _findings.AddRange(report.Findings);
    }

    /// <param name="shared">Has the input.</param>
    /// <param name="status">How it ended; null: it had to be ended.</param>
    /// <param name="errors">Its last words. A violation in native code leaves none.</param>
    private void AddDeath(SharedInput shared, int? status, string errors)
    {
        string[] lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string where = lines.FirstOrDefault(line => line.StartsWith("at KubeProxy", StringComparison.Ordinal))?.Split('[', '(')[0] ?? string.Empty;
        string finding = status is null ? $"no end after {options.LongestExecution.TotalSeconds:0} s" : $"status {status} {where}".Trim();
        string path = CorpusFolder.WriteFinding(options.Output, status is null ? "hang" : "death", finding, shared.Read());
        string words = $"process died: {finding} (input {Path.GetFileName(path)})";
        if (!_findings.Contains(words)) _findings.Add(words);
    }

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
