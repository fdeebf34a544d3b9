using KubeProxy.Stress.Yard;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Stress.Churn;

/// <summary>Catches what leaves some interfaces, without VPP's own packets, from now until its end.</summary>
public sealed class PodWatch : IDisposable
{
    private readonly Ground _ground;
    private readonly (string Interface, string File)[] _captures;

    public PodWatch(Ground ground, IReadOnlyCollection<string> interfaces, int mostPackets = 200)
    {
        ArgumentNullException.ThrowIfNull(ground);
        _ground = ground;
        _captures = [.. interfaces.Select(name => (name, Path.Combine(Path.GetTempPath(), $"kp-{Guid.NewGuid():N}.pcap")))];
        ground.Host.TypeAll([.. _captures.Select(capture => $"packet-generator capture {capture.Interface} pcap {capture.File} count {mostPackets}")]);
    }

    /// <summary>What has left each, in the order of the interfaces.</summary>
    public IReadOnlyList<IReadOnlyList<byte[]>> End()
    {
        foreach ((string name, _) in _captures)
            _ground.Host.Cli($"packet-generator capture {name} disable");
        return [.. _captures.Select(capture => new PcapFile(capture.File).ReadNew().Where(frame => !Noise.Is(frame)).ToArray())];
    }

    public void Dispose()
    {
        foreach ((_, string file) in _captures)
            File.Delete(file);
    }
}
