namespace KubeProxy.Testbed.Network;

/// <summary>A cable between a packet host (whose end stays in the namespace the host runs in) and a namespace.</summary>
public sealed class VethPair : IDisposable
{
    private static int _count;
    private readonly NetworkNamespace _inside;

    /// <summary>
    /// Lays the cable. The kernel's end sends finished checksums (offload off), for the host sees the bytes as they are. The
    /// host's end is left alone: with its offloads off, VPP's af_packet sends nothing at all.
    /// </summary>
    public VethPair(NetworkNamespace inside)
    {
        ArgumentNullException.ThrowIfNull(inside);
        _inside = inside;
        string id = $"{Environment.ProcessId}x{Interlocked.Increment(ref _count)}";
        HostEnd = $"kp{id}h";
        InsideEnd = $"kp{id}n";
        Tool.Run("ip", "link", "add", HostEnd, "type", "veth", "peer", "name", InsideEnd, "netns", inside.Name);
        Leftovers.Add(this);
        Tool.Run("ip", "link", "set", HostEnd, "up");
        inside.Ip("link", "set", InsideEnd, "up");
        // A router's advertisements must not add addresses and routes that nobody typed.
        Inside("sh", "-c", $"echo 0 > /proc/sys/net/ipv6/conf/{InsideEnd}/accept_ra");
        Inside("ethtool", "-K", InsideEnd, "tx", "off");
    }

    public string HostEnd { get; }

    public string InsideEnd { get; }

    /// <summary>From now on the kernel leaves checksums and the cutting of long segments to the card, that is to the host.</summary>
    public void LeaveWorkToTheCard() => Inside("ethtool", "-K", InsideEnd, "tx", "on", "tso", "on", "gso", "on");

    public void Address(string prefix) => _inside.Ip(["address", "add", prefix, "dev", InsideEnd, .. IsIp6(prefix) ? ["nodad"] : Array.Empty<string>()]);

    public void Gateway(string address) => _inside.Ip([.. IsIp6(address) ? ["-6"] : Array.Empty<string>(), "route", "add", "default", "via", address]);

    public void Dispose()
    {
        Leftovers.Remove(this);
        Tool.Try("ip", "link", "del", HostEnd);
    }

    private void Inside(string program, params IReadOnlyList<string> arguments)
    {
        ToolResult result = _inside.Run(TimeSpan.FromSeconds(10), program, arguments);
        if (result.ExitCode != 0)
            throw new TestbedException($"'{program} {string.Join(' ', arguments)}' in {_inside.Name}: {result.Error}");
    }

    private static bool IsIp6(string text) => text.Contains(':', StringComparison.Ordinal);
}
