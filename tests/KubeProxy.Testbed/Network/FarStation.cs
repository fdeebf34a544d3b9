using System.Globalization;

namespace KubeProxy.Testbed.Network;

/// <summary>
/// A namespace behind a station that becomes its router. The cable between them takes packets of every length, the router's route
/// does not: so it tells senders of longer packets what it takes, as the border of a tunnel does.
/// </summary>
public sealed class FarStation : IDisposable
{
    private static int _count;
    private readonly Station _router;

    /// <summary>With networks written without their last part: "10.9.0" and "fd09".</summary>
    public FarStation(Station router, string network4, string network6, int mtu)
    {
        ArgumentNullException.ThrowIfNull(router);
        _router = router;
        Network4 = $"{network4}.0/24";
        Network6 = $"{network6}::/64";
        Address4 = $"{network4}.2";
        Address6 = $"{network6}::2";
        Space = new NetworkNamespace("far");
        try
        {
            Lay($"{network4}.1", $"{network6}::1", mtu);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Network4 { get; }

    public string Network6 { get; }

    public string Address4 { get; }

    public string Address6 { get; }

    public NetworkNamespace Space { get; }

    /// <summary>The lines that tell a host the way here.</summary>
    public IEnumerable<string> RouteLines() =>
    [
        $"ip route add {Network4} via {_router.Address4} {_router.HostInterface}",
        $"ip route add {Network6} via {_router.Address6} {_router.HostInterface}",
    ];

    public void Dispose() => Space.Dispose();

    private void Lay(string gateway4, string gateway6, int mtu)
    {
        string id = $"{Environment.ProcessId}y{Interlocked.Increment(ref _count)}";
        (string near, string far) = ($"kp{id}r", $"kp{id}f");
        _router.Space.Ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", Space.Name);
        Connect(_router.Space, near, gateway4, gateway6);
        Connect(Space, far, Address4, Address6);
        Space.Ip("route", "add", "default", "via", gateway4);
        Space.Ip("-6", "route", "add", "default", "via", gateway6);
        string length = mtu.ToString(CultureInfo.InvariantCulture);
        _router.Space.Ip("route", "replace", Network4, "dev", near, "mtu", "lock", length);
        _router.Space.Ip("-6", "route", "add", $"{Address6}/128", "dev", near, "mtu", "lock", length);
        Run(_router.Space, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");
    }

    private static void Connect(NetworkNamespace space, string device, string address4, string address6)
    {
        space.Ip("link", "set", device, "up");
        space.Ip("address", "add", $"{address4}/24", "dev", device);
        space.Ip("address", "add", $"{address6}/64", "dev", device, "nodad");
        Run(space, "ethtool", "-K", device, "tx", "off");
    }

    private static void Run(NetworkNamespace space, string program, params IReadOnlyList<string> arguments)
    {
        ToolResult result = space.Run(TimeSpan.FromSeconds(10), program, arguments);
        if (result.ExitCode != 0)
            throw new TestbedException($"'{program} {string.Join(' ', arguments)}' in {space.Name}: {result.Error}");
    }
}
