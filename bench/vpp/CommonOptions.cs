using System.CommandLine;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp;

/// <summary>What commands that measure clocks have in common: how samples are taken and where results go.</summary>
internal static class CommonOptions
{
    private const double NoiseLimit = 1.2;
    private static readonly SamplingOptions Quick = new(Samples: 3, Seconds: 0.5, WarmSeconds: 0.2, NoiseLimit);

    private static readonly Option<int> SampleCount = new("--samples") { Description = "Accepted samples of everybody.", DefaultValueFactory = _ => 10 };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "Length of a sample.", DefaultValueFactory = _ => 2 };
    private static readonly Option<double> Warm = new("--warm") { Description = "Seconds of traffic before a sample.", DefaultValueFactory = _ => 0.5 };
    private static readonly Option<bool> IsQuick = new("--quick") { Description = $"{Quick.Samples} samples of {Quick.Seconds} s: a first look." };
    private static readonly Option<PageChoice> Pages = new("--pages")
    {
        Description = "huge or small for everybody, or own: as each gets them.",
        DefaultValueFactory = _ => PageChoice.Huge,
    };

    private static readonly Option<int> Timeout = new("--timeout")
    {
        Description = "Idle seconds after which everybody's sessions end. Above 250 ours refreshes them less than once a second.",
        DefaultValueFactory = _ => 250,
    };

    private static readonly Option<int> Core = new("--core")
    {
        Description = "CPU of VPP's thread.",
        DefaultValueFactory = _ => Environment.ProcessorCount - 1,
    };

    private static readonly Option<bool> RealTimeVpp = new("--realtime")
    {
        Description = "Schedule VPP ahead of everything else: for a first look on a busy machine.",
    };

    private static readonly Option<string> Label = new("--label") { Description = "Name of the result files: DATE-LABEL." };
    private static readonly Option<string> Results = new("--results")
    {
        Description = "Folder of results; a folder for the CPU is made in it. Empty: nothing is written.",
        DefaultValueFactory = _ => Path.Combine(Artifacts.RepositoryRoot, "bench", "results"),
    };

    private static readonly Option<bool> Force = new("--force") { Description = "Write results of a busy machine too; they say so." };

    public static void AddTo(Command command)
    {
        foreach (Option option in (Option[])[SampleCount, Seconds, Warm, IsQuick, Pages, Timeout, Core, RealTimeVpp, Label, Results, Force])
            command.Options.Add(option);
    }

    public static RunOptions Read(ParseResult line) => new()
    {
        Sampling = line.GetValue(IsQuick) ? Quick : new SamplingOptions(line.GetValue(SampleCount), line.GetValue(Seconds), line.GetValue(Warm), NoiseLimit),
        Pages = line.GetValue(Pages),
        TimeoutSeconds = line.GetValue(Timeout),
        Core = line.GetValue(Core),
        IsRealTime = line.GetValue(RealTimeVpp),
    };

    /// <summary>Where results go; null for nowhere.</summary>
    public static ResultFiles? Files(ParseResult line, string defaultLabel) => line.GetValue(Results) is { Length: > 0 } folder
        ? new ResultFiles(folder, line.GetValue(Label) ?? defaultLabel, line.GetValue(Force))
        : null;
}
