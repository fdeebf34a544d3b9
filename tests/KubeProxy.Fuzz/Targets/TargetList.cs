using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Targets;

/// <summary>All targets by name.</summary>
internal static class TargetList
{
    private static readonly Dictionary<string, Func<IFuzzTarget>> Makers = new(StringComparer.Ordinal)
    {
        ["ip4"] = () => new PacketTarget(IpFamily.Ip4, [.. PacketSeeds.Of(IpFamily.Ip4)]),
        ["ip6"] = () => new PacketTarget(IpFamily.Ip6, [.. PacketSeeds.Of(IpFamily.Ip6), .. PacketSeeds.Extended()]),
        ["icmp4"] = () => new PacketTarget(IpFamily.Ip4, PacketSeeds.Errors(IpFamily.Ip4)),
        ["icmp6"] = () => new PacketTarget(IpFamily.Ip6, PacketSeeds.Errors(IpFamily.Ip6)),
        ["nat46"] = () => new NatTarget(isNat46: true),
        ["nat64"] = () => new NatTarget(isNat46: false),
        ["fragments"] = () => new FragmentTarget(),
        ["cli"] = () => new LineTarget(),
    };

    private static readonly Dictionary<string, Func<IFuzzTarget>> Planted = new(StringComparer.Ordinal)
    {
        ["planted-wrong"] = () => new PlantedTarget(PlantedFault.Wrong),
        ["planted-overread"] = () => new PlantedTarget(PlantedFault.OverRead),
        ["planted-hang"] = () => new PlantedTarget(PlantedFault.Hang),
    };

    /// <summary>The names of what is fuzzed; those of planted faults are not among them.</summary>
    public static IReadOnlyList<string> Names => [.. Makers.Keys];

    public static bool Has(string name) => Makers.ContainsKey(name) || Planted.ContainsKey(name);

    public static IFuzzTarget Make(string name) => Makers.TryGetValue(name, out Func<IFuzzTarget>? make) ? make() : Planted[name]();
}
