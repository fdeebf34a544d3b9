using System.Net.Sockets;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>The contenders by name. Ours always takes part.</summary>
internal static class ContenderList
{
    private static readonly Dictionary<string, Func<int, AddressFamily, Contender>> Known = new(StringComparer.Ordinal)
    {
        [KubeProxyContender.ContenderName] = (number, family) => new KubeProxyContender(number, family),
        [LbContender.ContenderName] = (number, family) => new LbContender(number, family),
        [CnatContender.ContenderName] = (number, family) => new CnatContender(number, family),
        [PlainContender.ContenderName] = (number, family) => new PlainContender(number, family),
    };

    public static IReadOnlyCollection<string> Names => Known.Keys;

    public static IReadOnlyList<Contender> Create(IEnumerable<string> names, AddressFamily family) =>
        [.. names.Prepend(KubeProxyContender.ContenderName).Distinct().Select((name, index) => Find(name)(index + 1, family))];

    private static Func<int, AddressFamily, Contender> Find(string name) =>
        Known.GetValueOrDefault(name) ?? throw new TestbedException($"no contender '{name}': {string.Join(", ", Names)}");
}
