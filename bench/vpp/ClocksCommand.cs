using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Bench.Vpp.Report;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp;

/// <summary><c>clocks</c>: clocks a packet of ours and of VPP's own plugins, in one process.</summary>
internal static class ClocksCommand
{
    private static readonly Option<int[]> Flows = new("--flows")
    {
        Description = "Numbers of flows; each gets a VPP of its own.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1_000, 100_000],
    };

    private static readonly Option<string[]> Against = new("--against")
    {
        Description = $"Whom to measure beside kube-proxy: {string.Join(", ", ContenderList.Names)}. Else lb (UDP only) and plain.",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<Direction[]> Directions = new("--directions")
    {
        Description = "forward (client to pod), return (pod to client).",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [Direction.Forward, Direction.Return],
    };

    private static readonly Option<int> SampleCount = new("--samples") { Description = "Accepted samples of everybody.", DefaultValueFactory = _ => 10 };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "Length of a sample.", DefaultValueFactory = _ => 2 };
    private static readonly Option<double> Warm = new("--warm") { Description = "Seconds of traffic before a sample.", DefaultValueFactory = _ => 0.5 };
    private static readonly Option<int> MaxFrame = new("--maxframe") { Description = "Most packets in a frame.", DefaultValueFactory = _ => 256 };
    private static readonly Option<bool> Ip6 = new("--ip6") { Description = "IPv6 instead of IPv4." };
    private static readonly Option<Transport> Protocol = new("--protocol") { Description = "udp or tcp.", DefaultValueFactory = _ => Transport.Udp };
    private static readonly Option<PageChoice> Pages = new("--pages") { Description = "huge or small for everybody, or own: as each gets them.", DefaultValueFactory = _ => PageChoice.Huge };
    private static readonly Option<int> Core = new("--core") { Description = "CPU of VPP's thread.", DefaultValueFactory = _ => Environment.ProcessorCount - 1 };
    private static readonly Option<bool> RealTimeVpp = new("--realtime") { Description = "Schedule VPP ahead of everything else: for a first look on a busy machine." };
    private static readonly Option<string> Label = new("--label") { Description = "Name of the result files: DATE-LABEL.", DefaultValueFactory = _ => "first" };
    private static readonly Option<string> Results = new("--results") { Description = "Folder of results; a folder for the CPU is made in it. Empty: nothing is written." };
    private static readonly Option<bool> Force = new("--force") { Description = "Write results of a busy machine too; they say so." };

    public static Command Create()
    {
        Results.DefaultValueFactory = _ => Path.Combine(Artifacts.RepositoryRoot, "bench", "results");
        Command command = new("clocks", "Clocks a packet of kube-proxy and of VPP's own plugins for the same work, in one process.")
        {
            Flows, Against, Directions, SampleCount, Seconds, Warm, MaxFrame, Ip6, Protocol, Pages, Core, RealTimeVpp, Label, Results, Force,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult line)
    {
        Transport protocol = line.GetValue(Protocol);
        if (protocol is not (Transport.Udp or Transport.Tcp))
            throw new TestbedException($"--protocol {protocol}: udp or tcp are measured");
        MeasurementOptions options = new()
        {
            Family = line.GetValue(Ip6) ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            Protocol = protocol,
            Contenders = line.GetValue(Against) is { Length: > 0 } named ? named : ContenderList.DefaultFor(protocol),
            Directions = line.GetRequiredValue(Directions),
            Sampling = new SamplingOptions(line.GetValue(SampleCount), line.GetValue(Seconds), line.GetValue(Warm), NoiseLimit: 1.2),
            MaxFrame = line.GetValue(MaxFrame),
            Pages = line.GetValue(Pages),
            Core = line.GetValue(Core),
            IsRealTime = line.GetValue(RealTimeVpp),
        };
        CpuUse before = CpuUse.Over(TimeSpan.FromSeconds(2));
        Console.WriteLine($"machine: {before}");
        if (options.Pages == PageChoice.Small)
            HugePages.Forbid();
        List<Measured> measurements = [.. line.GetRequiredValue(Flows).Select(flows => Measure(options, flows))];
        string title = $"Clocks per packet in VPP, {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {line.GetValue(Label)}";
        string report = new MarkdownReport(options, before).Write(title, measurements);
        Console.WriteLine();
        Console.WriteLine(report);
        Save(line, before, report, measurements);
        return 0;
    }

    private static Measured Measure(MeasurementOptions options, int flows)
    {
        Console.WriteLine($"measuring {flows} flows ...");
        return new Measurement(options, flows).Run();
    }

    private static void Save(ParseResult line, CpuUse before, string report, IReadOnlyList<Measured> measurements)
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
        string name = Path.Combine(folder, $"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}-{line.GetValue(Label)}");
        File.WriteAllText(name + ".md", report);
        File.WriteAllText(name + ".json", JsonReport.Write(measurements, before));
        Console.WriteLine($"written: {name}.md and .json");
    }
}
