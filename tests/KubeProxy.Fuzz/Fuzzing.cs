using KubeProxy.Fuzz.Engine;
using KubeProxy.Fuzz.Targets;

namespace KubeProxy.Fuzz;

/// <summary>What the commands do; each answers an exit status.</summary>
internal static class Fuzzing
{
    public static int Run(string target, Func<string, LoopOptions> optionsOf)
    {
        int findings = 0;
        foreach (string name in NamesOf(target))
        {
            LoopOptions options = optionsOf(name);
            LoopReport report = new Supervisor(options).Run();
            Console.WriteLine(Line(options, report));
            foreach (string finding in report.Findings) Console.WriteLine($"  {finding}");
            if (report.Findings.Length != 0) Console.WriteLine($"  inputs in {Path.Combine(options.Output, "crashers")}");
            findings += report.Findings.Length;
        }

        return findings == 0 ? 0 : 1;
    }

    public static int Replay(string target, string[] files)
    {
        int bad = 0;
        foreach (string name in NamesOf(target))
        {
            string[] paths = files.Length != 0 ? files : FilesOf(name);
            using IFuzzTarget made = TargetList.Make(name);
            foreach (string path in paths) bad += TryOne(made, path) ? 0 : 1;
            Console.WriteLine($"{name}: {paths.Length} inputs");
        }

        return bad == 0 ? 0 : 1;
    }

    public static int Minimise(string target, string folder)
    {
        foreach (string name in NamesOf(target))
            Console.WriteLine($"{name}: {Minimiser.Run(name, Path.Combine(Inputs.Corpus, name), Path.Combine(folder, name))}");
        return 0;
    }

    /// <summary>Every checked-in input of a target.</summary>
    public static string[] FilesOf(string target) =>
        [.. new[] { Inputs.Corpus, Inputs.Crashers }.Select(folder => Path.Combine(folder, target)).Where(Directory.Exists).SelectMany(Directory.EnumerateFiles).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> NamesOf(string target) => target == "all" ? TargetList.Names : [target];

    private static bool TryOne(IFuzzTarget target, string path)
    {
        try
        {
            target.Run(File.ReadAllBytes(path));
            return true;
        }
        catch (Exception exception)
        {
            Console.WriteLine($"{path}: {Finding.Describe(exception)}\n{exception}");
            return false;
        }
    }

    private static string Line(LoopOptions options, LoopReport report) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{options.Target}: seed {options.Seed}, {report.Time.TotalSeconds:0} s, {report.Executions:N0} executions, {report.Executions / report.Time.TotalSeconds:N0}/s, {report.Edges} edges, corpus {report.Corpus} and {report.Added} new, {report.Findings.Length} findings");
}
