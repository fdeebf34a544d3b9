using System.Net.Sockets;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>The contenders by name. Ours always takes part.</summary>
internal static class ContenderList
{
    private static readonly Dictionary<string, Func<Site, Contender>> Known = new(StringComparer.Ordinal)
    {
        [KubeProxyContender.ContenderName] = site => new KubeProxyContender(site),
        [LbContender.ContenderName] = site => new LbContender(site),
        [CnatContender.ContenderName] = site => new CnatContender(site),
        [PlainContender.ContenderName] = site => new PlainContender(site),
        [KubeProxyContender.Ip6Name] = site => new KubeProxyContender(site, KubeProxyContender.Ip6Name),
    };

    public static IReadOnlyCollection<string> Names => Known.Keys;

    public static IReadOnlyList<Contender> Create(IEnumerable<string> names, Workload load) =>
    [
        .. names.Prepend(KubeProxyContender.ContenderName).Distinct()
            .Select((name, index) => Find(name)(new Site(index + 1, FamilyOf(name, load), load.Protocol, load.Pods, load.Vips))),
    ];

    /// <summary>Whom to measure beside ours when nobody is named: lb drops TCP.</summary>
    public static IReadOnlyList<string> DefaultFor(Transport protocol) => protocol == Transport.Udp
        ? [LbContender.ContenderName, CnatContender.ContenderName, PlainContender.ContenderName]
        : [PlainContender.ContenderName];

    private static AddressFamily FamilyOf(string name, Workload load) => name == KubeProxyContender.Ip6Name ? AddressFamily.InterNetworkV6 : load.Family;

    private static Func<Site, Contender> Find(string name) =>
        Known.GetValueOrDefault(name) ?? throw new TestbedException($"no contender '{name}': {string.Join(", ", Names)}");
}
