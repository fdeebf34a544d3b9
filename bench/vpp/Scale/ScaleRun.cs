using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Bench.Vpp.Scale;

/// <summary>What was measured with one number of services.</summary>
internal sealed record ScalePoint(
    int Services, double LoadSeconds, double ProcessorSeconds, IReadOnlyList<Change> Added, IReadOnlyList<Change> Removed, ScaleMemory Memory, long Collections, double PauseMilliseconds);

/// <summary>Memory of the process, and of that VPP's two heaps and what the plugin tells.</summary>
internal sealed record ScaleMemory(long Resident, double MainHeap, double StatsSegment, double Snapshot, double ManagedHeap);

/// <summary>One VPP's points, and what it was before.</summary>
internal sealed record ScaleResult(string VppVersion, string VppCpu, ScaleMemory Before, IReadOnlyList<ScalePoint> Points, string MemoryText);

/// <summary>Loads services into one VPP, number by number.</summary>
internal static partial class ScaleRun
{
    private const int ServicesPerFile = 1_000;

    public static ScaleResult Measure(ScaleOptions options)
    {
        using VppHost vpp = VppHost.Start(new VppOptions { Workers = options.Workers, MainHeapSize = "4G", StatsSegmentSize = "512M" });
        vpp.CreatePacketInterface(0);
        vpp.CreatePacketInterface(1);
        vpp.TypeAll(
        [
            "set interface ip address pg1 10.2.0.1/16", "set ip neighbor static pg1 10.2.0.2 02:00:00:00:00:02", "ip route add 10.128.0.0/9 via 10.2.0.2 pg1",
        ]);
        ScaleMemory before = ReadMemory(vpp);
        List<ScalePoint> points = [];
        foreach (int services in options.Services)
            points.Add(MeasureAt(vpp, options, points.LastOrDefault()?.Services ?? 0, services));
        return new ScaleResult(vpp.Cli("show version verbose"), vpp.Cli("show cpu"), before, points, vpp.Cli("show ku memory"));
    }

    private static ScalePoint MeasureAt(VppHost vpp, ScaleOptions options, int from, int services)
    {
        Console.WriteLine($"loading {services - from} services ...");
        (long collections, double pauses) = ReadCollections(vpp);
        double seconds = 0;
        double processor = ReadProcessorSeconds(vpp);
        for (int i = from; i < services; i += ServicesPerFile)
        {
            string[] lines = [.. options.Load(i, Math.Min(i + ServicesPerFile, services))];
            long start = Stopwatch.GetTimestamp();
            vpp.TypeAll(lines);
            seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        processor = ReadProcessorSeconds(vpp) - processor;
        (long collectionsAfter, double pausesAfter) = ReadCollections(vpp);
        ScaleMemory memory = ReadMemory(vpp);
        Console.WriteLine($"loaded in {seconds:F2} s; {options.Changes} pods more and less ...");
        IReadOnlyList<Change> changes = ChangeTrace.Run(vpp, [.. options.ChangeLines(services)]);
        return new ScalePoint(
            services, seconds, processor, [.. changes.Where((_, i) => i % 2 == 0)], [.. changes.Where((_, i) => i % 2 == 1)], memory,
            collectionsAfter - collections, pausesAfter - pauses);
    }

    /// <summary>Of VPP's main thread: /proc/PID/task/PID/stat, fields utime and stime in hundredths of a second behind the name in brackets.</summary>
    private static double ReadProcessorSeconds(VppHost vpp)
    {
        string text = File.ReadAllText($"/proc/{vpp.Pid}/task/{vpp.Pid}/stat");
        string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / 100;
    }

    private static (long Count, double PauseMilliseconds) ReadCollections(VppHost vpp)
    {
        string text = vpp.Cli("show ku runtime");
        return ((long)Number(text, "collections +([0-9]+)"), Number(text, "pauses +([0-9]+) us") / 1000);
    }

    private static ScaleMemory ReadMemory(VppHost vpp)
    {
        string resident = File.ReadLines($"/proc/{vpp.Pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        string ours = vpp.Cli("show ku memory");
        return new ScaleMemory(
            (long)Number(resident, "([0-9]+) kB") * 1024, Used(vpp.Cli("show memory main-heap")), Used(vpp.Cli("show memory stats-segment")),
            Number(ours, "snapshot +- +([0-9]+)"), Number(ours, "managed heap +- +[0-9]+ +([0-9]+)"));
    }

    /// <summary>"total: 4.00G, used: 685.59M, ..."</summary>
    private static double Used(string text)
    {
        Match match = UsedPattern().Match(text);
        if (!match.Success)
            throw new TestbedException($"no 'used' in:\n{text}");
        double unit = match.Groups[2].Value switch { "K" => 1 << 10, "M" => 1 << 20, "G" => 1 << 30, _ => 1 };
        return double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * unit;
    }

    private static double Number(string text, string pattern) => Regex.Match(text, pattern) is { Success: true } match
        ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new TestbedException($"no '{pattern}' in:\n{text}");

    [GeneratedRegex("used: ([0-9.]+)([KMG]?)")]
    private static partial Regex UsedPattern();
}
