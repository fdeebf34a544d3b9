using System.Globalization;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Stress.Yard;

/// <summary>Packets that VPP's generator sends from a file, over and over, on one thread.</summary>
public sealed class Stream : IDisposable
{
    private static int _count;
    private readonly IPacketHost _host;
    private readonly string? _ownFile;

    /// <summary>Defines it; packets of <paramref name="file"/> go on until there were so many. A rate of 0 is as fast as it goes.</summary>
    public Stream(IPacketHost host, string source, string file, long limit, int worker = 0, double packetsPerSecond = 0, int maxFrame = 256)
    {
        ArgumentNullException.ThrowIfNull(host);
        _host = host;
        Name = string.Create(CultureInfo.InvariantCulture, $"stress{Interlocked.Increment(ref _count)}");
        string rate = packetsPerSecond > 0 ? string.Create(CultureInfo.InvariantCulture, $" rate {packetsPerSecond:0}") : "";
        Type(string.Create(CultureInfo.InvariantCulture, $"packet-generator new {{ name {Name} pcap {file} source {source} limit {limit} worker {worker} maxframe {maxFrame}{rate} }}"));
    }

    /// <summary>The same of packets that are at hand.</summary>
    public Stream(IPacketHost host, string source, IReadOnlyCollection<byte[]> frames, long limit, int worker = 0, double packetsPerSecond = 0, int maxFrame = 256)
        : this(host, source, Written(frames, out string file), limit, worker, packetsPerSecond, maxFrame) => _ownFile = file;

    public string Name { get; }

    public void Start() => Type($"packet-generator enable-stream {Name}");

    public void Stop() => Type($"packet-generator disable-stream {Name}");

    /// <summary>Waits until it has switched itself off after its last packet.</summary>
    public void WaitForTheEnd(TimeSpan limit) => Wait.Until(
        () => _host.Cli("show packet-generator").Split('\n').Any(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var name, "No", ..] && name == Name),
        limit,
        $"stream {Name} to end");

    public void Dispose()
    {
        if (_host.IsAlive)
            _host.Cli($"packet-generator delete {Name}");
        if (_ownFile is not null)
            File.Delete(_ownFile);
    }

    private static string Written(IReadOnlyCollection<byte[]> frames, out string file)
    {
        file = Path.Combine(Path.GetTempPath(), $"kp-{Guid.NewGuid():N}.pcap");
        PcapFile.Write(file, frames);
        return file;
    }

    private void Type(string line)
    {
        string printed = _host.Cli(line);
        if (printed.Length > 0)
            throw new TestbedException($"VPP answered to '{line}': {printed}");
    }
}
