using System.Globalization;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>The packet generator's streams.</summary>
internal static class Streams
{
    private const long Endless = 1_000_000_000_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>IPv4 UDP packets that the generator makes itself: every combination in turn, or combinations at random.</summary>
    public static void FromRanges(MeasuredVpp vpp, string name, string source, Ranges ranges, StreamShape shape) => vpp.Do(
        $"packet-generator new {{ name {name} limit {shape.Limit} node ip4-input interface {source} size {shape.PacketBytes}-{shape.PacketBytes} maxframe {shape.MaxFrame} "
        + $"data {{ UDP: {ranges.From} -> {ranges.To} UDP: {ranges.FromPort} -> {ranges.ToPort} incrementing {shape.PacketBytes - Ranges.HeaderBytes} }} }}");

    /// <summary>Given packets, from the IP header on, over and over (or as often as the limit says).</summary>
    public static void FromPackets(MeasuredVpp vpp, string name, Site site, string source, IReadOnlyCollection<byte[]> packets, StreamShape shape)
    {
        string file = vpp.NewFile("pcap");
        PcapFile.Write(file, packets);
        long limit = shape.Limit == 0 ? Endless : shape.Limit;
        vpp.Do($"packet-generator new {{ name {name} pcap {file} limit {limit} node ip{site.Digit}-input interface {source} maxframe {shape.MaxFrame} }}");
        File.Delete(file);
    }

    public static void Enable(MeasuredVpp vpp, string name) => vpp.Do($"packet-generator enable-stream {name}");

    public static void Disable(MeasuredVpp vpp, string name) => vpp.Do($"packet-generator disable-stream {name}");

    public static void Delete(MeasuredVpp vpp, string name) => vpp.Do($"packet-generator delete {name}");

    /// <summary>Runs a stream that has a limit to its end, which is not looked for during a pause.</summary>
    public static void RunToEnd(MeasuredVpp vpp, string name, TimeSpan pause = default)
    {
        Enable(vpp, name);
        Thread.Sleep(pause);
        Wait.Until(() => !IsRunning(vpp, name), Limit, $"stream {name} to end");
    }

    /// <summary>Runs a stream to its end and returns what left an interface.</summary>
    public static IReadOnlyList<byte[]> RunAndCapture(MeasuredVpp vpp, string name, string leavingBy)
    {
        string file = vpp.NewFile("pcap");
        vpp.Do($"packet-generator capture {leavingBy} pcap {file} count 100000000");
        RunToEnd(vpp, name);
        vpp.Do($"packet-generator capture {leavingBy} disable");
        IReadOnlyList<byte[]> frames = new PcapFile(file).ReadNew();
        File.Delete(file);
        return [.. frames.Where(frame => !Noise.Is(frame))];
    }

    private static bool IsRunning(MeasuredVpp vpp, string name)
    {
        string row = vpp.Cli("show packet-generator").Split('\n').FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal))
            ?? throw new TestbedException($"VPP knows no stream {name}");
        return row.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [_, "No", ..];
    }
}

/// <summary>Packets in all (0: endless), packets in a frame, bytes of a packet, and where the packets come from.</summary>
internal sealed record StreamShape(long Limit, int MaxFrame = 256, int PacketBytes = 64, bool IsReplayed = false)
{
    /// <summary>As the workload has it.</summary>
    public static StreamShape Of(Workload load, long limit = 0) => new(limit, load.MaxFrame, load.PacketBytes, load.IsReplayed);
}

/// <summary>What the generator steps through or draws from, as it is told: one value, "a - b" or "a + b".</summary>
internal sealed record Ranges(string From, string FromPort, string To, string ToPort)
{
    public const int HeaderBytes = 28;

    /// <summary>The port of the first service.</summary>
    public static string Port { get; } = Site.FirstPort.ToString(CultureInfo.InvariantCulture);
}
