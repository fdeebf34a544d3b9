using KubeProxy.Host.Dpo;
using KubeProxy.Host.Fib;
using KubeProxy.Host.Ip;

namespace KubeProxy.Host.Vnet;

internal sealed record Neighbour(Interface Interface, IpAddr Address, MacAddress Mac, bool IsStatic);

/// <summary>Known neighbours. Learned ones do not age: the host does not live long enough.</summary>
internal static class Neighbours
{
    private static readonly Dictionary<(uint SwIfIndex, IpAddr Address), Neighbour> Known = [];

    internal static IEnumerable<Neighbour> All => Known.Values;

    /// <summary>A neighbour told its address. A static entry stands; one outside the interface's subnets is none.</summary>
    internal static void Learn(Interface itf, IpAddr address, MacAddress mac)
    {
        bool isOnLink = address.IsLinkLocal || itf.Addresses.Exists(a => a.Covers(address));
        if (mac.IsMulticast || !isOnLink || itf.Owns(address))
            return;
        if (Known.TryGetValue((itf.SwIfIndex, address), out Neighbour? known) && (known.IsStatic || known.Mac == mac))
            return;
        Set(itf, address, mac, isStatic: false);
    }

    internal static void Set(Interface itf, IpAddr address, MacAddress mac, bool isStatic)
    {
        bool isNew = !Known.ContainsKey((itf.SwIfIndex, address));
        Known[(itf.SwIfIndex, address)] = new Neighbour(itf, address, mac, isStatic);
        Adjacencies.FindOrAdd(address, itf).Mac = mac;
        if (isNew && !address.IsLinkLocal)
            FibTable.AddSource(IpPrefix.Host(address), FibSources.Neighbour, new Forwarding(ForwardingKind.AttachedNextHop, itf, address));
        FibTable.RecomputeAll();
    }

    /// <summary>False if there is no such neighbour.</summary>
    internal static bool TryRemove(Interface itf, IpAddr address)
    {
        if (!Known.Remove((itf.SwIfIndex, address)))
            return false;
        Adjacencies.FindOrAdd(address, itf).Mac = null;
        if (!address.IsLinkLocal)
            FibTable.RemoveSource(IpPrefix.Host(address), FibSources.Neighbour);
        FibTable.RecomputeAll();
        return true;
    }
}
