using System.CommandLine;
using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using KubeProxy.Bench.Checks;

namespace KubeProxy.Bench;

/// <summary><c>run</c>: the benchmarks, by BenchmarkDotNet.</summary>
internal static class RunCommand
{
    private static readonly Option<bool> Quick = new("--quick") { Description = "Few iterations in this process: minutes instead of an hour." };
    private static readonly Option<string[]> Filter = new("--filter")
    {
        Description = "Which benchmarks: Pipeline4.*, *.Hash",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["*"],
    };

    private static readonly Option<string> Results = new("--results") { Description = "Folder for a copy of the tables; a folder for the CPU is made in it." };
    private static readonly Option<string> Label = new("--label") { Description = "Name of the result file: DATE-core-LABEL.md.", DefaultValueFactory = _ => "first" };

    public static Command Create()
    {
        Command command = new("run", "Runs the benchmarks of Core.") { Quick, Filter, Results, Label };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult line)
    {
        string[] filter = ["--filter", .. line.GetRequiredValue(Filter).Select(pattern => $"*{pattern}")];
        Summary[] summaries = [.. BenchmarkSwitcher.FromTypes([.. AllocationCheck.BenchmarkTypes]).Run(filter, Config(line.GetValue(Quick)))];
        BaselineTable.Print(summaries, Console.Out);
        if (line.GetValue(Results) is { Length: > 0 } results)
            Save(summaries, results, line.GetRequiredValue(Label));
        bool isComplete = summaries.Length > 0 && summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success));
        return isComplete ? 0 : 1;
    }

    private static ManualConfig Config(bool isQuick)
    {
        Job job = isQuick
            ? Job.ShortRun.WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(100)).WithToolchain(InProcessEmitToolchain.Instance)
            : Job.Default.WithMaxRelativeError(0.01);
        return ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .AddExporter(MarkdownExporter.GitHub)
            .WithOptions(ConfigOptions.JoinSummary)
            .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "BenchmarkDotNet"));
    }

    private static void Save(Summary[] summaries, string results, string label)
    {
        string folder = Path.Combine(results, CpuFolder.Name);
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, $"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}-core-{label}.md");
        using StreamWriter writer = new(file);
        using StreamLogger logger = new(writer);
        foreach (Summary summary in summaries)
            MarkdownExporter.GitHub.ExportToLog(summary, logger);
        BaselineTable.Print(summaries, writer);
        Console.WriteLine($"written: {file}");
    }
}
