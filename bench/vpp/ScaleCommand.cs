using System.CommandLine;
using System.Globalization;
using KubeProxy.Bench.Vpp.Report;
using KubeProxy.Bench.Vpp.Scale;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp;

/// <summary><c>scale</c>: how long many services take to load, what a pod more or less costs among them, and their memory.</summary>
internal static class ScaleCommand
{
    private static readonly Option<int[]> Services = new("--services")
    {
        Description = "Numbers of services, of four pods each, to stop and measure at; in one VPP, upwards.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [10, 1_000, 100_000],
    };

    private static readonly Option<int> Changes = new("--changes") { Description = "Pods added and removed at each number of services.", DefaultValueFactory = _ => 1_000 };
    private static readonly Option<int> Addresses = new("--addresses") { Description = "Different pod addresses; 0: every pod has its own.", DefaultValueFactory = _ => 0 };
    private static readonly Option<int> Workers = new("--workers") { Description = "Worker threads.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string> Label = new("--label") { Description = "Name of the result file: DATE-LABEL.", DefaultValueFactory = _ => "scale" };
    private static readonly Option<string> Results = new("--results") { Description = "Folder of results; a folder for the CPU is made in it. Empty: nothing is written." };
    private static readonly Option<bool> Force = new("--force") { Description = "Write results of a busy machine too; they say so." };

    public static Command Create()
    {
        Results.DefaultValueFactory = _ => Path.Combine(Artifacts.RepositoryRoot, "bench", "results");
        Command command = new("scale", "Loads many services into a real VPP, adds and removes pods among them, and reads the memory.")
        {
            Services, Changes, Addresses, Workers, Label, Results, Force,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult line)
    {
        ScaleOptions options = new(
            [.. line.GetRequiredValue(Services).Order()], line.GetValue(Changes), line.GetValue(Addresses), line.GetValue(Workers));
        CpuUse before = CpuUse.Over(TimeSpan.FromSeconds(2));
        Console.WriteLine($"machine: {before}");
        ScaleResult result = ScaleRun.Measure(options);
        string date = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string report = ScaleReport.Write($"Many services in VPP, {date}, {line.GetValue(Label)}", options, result, before);
        Console.WriteLine();
        Console.WriteLine(report);
        Save(line, before, report, date);
        return 0;
    }

    private static void Save(ParseResult line, CpuUse before, string report, string date)
    {
        string results = line.GetValue(Results) ?? "";
        if (results.Length == 0)
            return;
        if (!before.IsQuiet && !line.GetValue(Force))
        {
            Console.WriteLine($"nothing written: the machine was {before} before the run; --force writes it nevertheless");
            return;
        }

        string folder = Path.Combine(results, CpuFolder.Name);
        Directory.CreateDirectory(folder);
        string name = Path.Combine(folder, $"{date}-{line.GetValue(Label)}.md");
        File.WriteAllText(name, report);
        Console.WriteLine($"written: {name}");
    }
}
