using System.Diagnostics;
using KubeProxy.Fuzz.Targets;

namespace KubeProxy.Fuzz.Engine;

/// <summary>Makes a corpus small: as few inputs as take all edges about as often as all do, within a bound.</summary>
internal static class Minimiser
{
    private const int MaxFiles = 200;
    private const int MaxBytes = 110_000;

    /// <summary>What a file costs beside its bytes.</summary>
    private const double OverheadBytes = 100;

    /// <summary>Starts the process over instrumented code; answers its words.</summary>
    public static string Run(string target, string corpus, string found)
    {
        string folder = Instrumentation.Prepare();
        string[] arguments = [Path.Combine(folder, Instrumentation.Program), "cover", target, corpus, found];
        using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("dotnet did not start");
        string words = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? words : throw new InvalidOperationException(words);
    }

    /// <summary>The same, here.</summary>
    public static string Cover(string name, string corpus, string found)
    {
        using IFuzzTarget target = TargetList.Make(name);
        using var map = new EdgeMap();
        var covered = new HashSet<int>();
        foreach (byte[] seed in target.Seeds) covered.UnionWith(FeaturesOf(target, map, seed));
        byte[][] inputs = [.. CorpusFolder.Read(corpus).Concat(CorpusFolder.Read(found)).Where(input => input.Length <= Mutator.LongestInput)];
        List<byte[]> kept = Choose([.. inputs.Select(input => (input, FeaturesOf(target, map, input)))], covered);
        if (Directory.Exists(corpus)) Directory.Delete(corpus, recursive: true);
        foreach (byte[] input in kept) _ = CorpusFolder.Write(corpus, input);
        int edges = covered.Select(feature => feature / 8).Distinct().Count();
        return $"{kept.Count} of {inputs.Length} inputs, {kept.Sum(input => input.Length)} bytes, {edges} of {map.EdgeCount} edges";
    }

    /// <summary>Always the one that adds most for its length.</summary>
    private static List<byte[]> Choose(List<(byte[] Input, HashSet<int> Features)> left, HashSet<int> covered)
    {
        var kept = new List<byte[]>();
        while (kept.Count < MaxFiles)
        {
            foreach ((_, HashSet<int> features) in left) features.ExceptWith(covered);
            left.RemoveAll(item => item.Features.Count == 0 || item.Input.Length + kept.Sum(input => input.Length) > MaxBytes);
            if (left.Count == 0) break;
            (byte[] best, HashSet<int> added) = left.MaxBy(item => item.Features.Count / (OverheadBytes + item.Input.Length));
            kept.Add(best);
            covered.UnionWith(added);
        }

        return kept;
    }

    private static HashSet<int> FeaturesOf(IFuzzTarget target, EdgeMap map, byte[] input)
    {
        map.Reset();
        try
        {
            target.Run(input);
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine($"left out: {Finding.Describe(exception)}");
            return [];
        }

        _ = map.Merge();
        return [.. map.Features()];
    }
}
