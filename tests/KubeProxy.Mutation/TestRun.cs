using System.Diagnostics;
using System.Text.RegularExpressions;
using KubeProxy.Testbed;

namespace KubeProxy.Mutation;

/// <summary>How the tests of Core ended: all passed, one failed, or the process crashed, hung or ate the memory.</summary>
public enum TestOutcome
{
    Passed,
    Failed,
    Crashed,
    TimedOut,
}

/// <summary>A copy of the built tests of Core, whose library is exchanged. Each run is a process of its own, for mutants of unsafe code break processes.</summary>
public sealed partial class TestRun : IDisposable
{
    private const string Program = "KubeProxy.Core.Tests";
    private const long MostResidentBytes = 4L << 30;

    /// <summary>Tests that would hide a mutant behind their own length, or judge the machine instead.</summary>
    private static readonly string[] LeftOut = ["*.AHundredThousandServicesComeAndGoAndTheirMemoryReturns", "*.AThousandPodsOn65536SlotsTakeMilliseconds"];

    private readonly RunDirectory _directory = new("kp-mutation-");
    private readonly string _program;

    public TestRun()
    {
        string built = Path.Combine(Artifacts.RepositoryRoot, "tests", Program, "bin", "Release", "net10.0");
        foreach (string file in Directory.EnumerateFiles(built))
            File.Copy(file, _directory.File(Path.GetFileName(file)));
        _program = _directory.File(Program);
    }

    /// <summary>
    /// Tests of the mutant's own folder first, then all others: most mutants end early.
    /// <paramref name="limit"/> is for each of the two.
    /// </summary>
    public (TestOutcome Outcome, string By) Of(byte[] library, string? folder, TimeSpan limit)
    {
        File.WriteAllBytes(_directory.File("KubeProxy.Core.dll"), library);
        string first = $"{Program}.{folder}*";
        (TestOutcome Outcome, string By) result = folder is null ? (TestOutcome.Passed, "") : Run(limit, "-namespace", first);
        return result.Outcome != TestOutcome.Passed ? result : folder is null ? Run(limit) : Run(limit, "-namespace-", first);
    }

    public void Dispose() => _directory.Dispose();

    private (TestOutcome Outcome, string By) Run(TimeSpan limit, params string[] filter)
    {
        // Without core files: a crash is nothing to look into here.
        using Process process = Tool.Start("prlimit", ["--core=0", _program, "-noColor", "-noLogo", "-stopOnFail", .. filter, .. LeftOut.SelectMany(name => (string[])["-method-", name])]);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!EndsWithin(process, limit)) return (TestOutcome.TimedOut, "time or memory");
        process.WaitForExit();
        string text = output.GetAwaiter().GetResult() + error.GetAwaiter().GetResult();
        Match failed = FailedTest().Match(text);
        if (process.ExitCode == 0) return (TestOutcome.Passed, "");
        return failed.Success ? (TestOutcome.Failed, failed.Groups[1].Value) : (TestOutcome.Crashed, $"exit status {process.ExitCode}");
    }

    private static bool EndsWithin(Process process, TimeSpan limit)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(100)))
        {
            if (watch.Elapsed < limit && ResidentBytes(process) < MostResidentBytes) continue;
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return false;
        }

        return true;
    }

    /// <summary>0 of a process that has ended, which it may do between any two questions.</summary>
    private static long ResidentBytes(Process process)
    {
        try
        {
            process.Refresh();
            return process.WorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0;
        }
    }

    [GeneratedRegex(@"KubeProxy\.Core\.Tests\.(\S+?)(?:\(.*)? \[FAIL\]")]
    private static partial Regex FailedTest();
}
