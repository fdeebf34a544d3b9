using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>The project's targets for clocks, and what has to be measured to tell whether they are met.</summary>
internal static class TargetList
{
    private const string Lb = LbContender.ContenderName;
    private const string Cnat = CnatContender.ContenderName;
    private const string Plain = PlainContender.ContenderName;
    private const string Ip6 = KubeProxyContender.Ip6Name;
    private static readonly Workload SmallFrames = new() { MaxFrame = 4 };
    private static readonly int[] NewFlows = [100_000, 1_000_000];
    private static readonly int[] Others = [1_000, 1_000_000];

    public static IReadOnlyList<Target> All { get; } =
    [
        Target.Against(Lb, Flows(1_000), Way.Forward, 0.40),
        Target.Against(Lb, Flows(100_000), Way.Forward, 0.25),
        Target.Against(Lb, Flows(1_000_000), Way.Forward, 0.25),
        Target.Against(Cnat, Flows(1_000_000), Way.Forward, 0.10),
        Target.ToLookup(Flows(10_000), Way.Forward, 1.6),
        Target.ToLookup(Flows(100_000), Way.Forward, 2.5),
        Target.ToLookup(Flows(1_000_000), Way.Forward, 3.5),
        Target.ToLookup(Flows(10_000_000), Way.Forward, 5),
        .. TwoFamilies.Select(load => Target.Against(KubeProxyContender.ContenderName, load, Way.Forward, 1.35, Ip6, "the same with IPv4")),
        .. ReturnFlows.Select(flows => Target.Against(Lb, Flows(flows), Way.Return, 0.6)),
        Target.ToLookup(Flows(1_000_000), Way.Return, 3),
        .. NewFlows.Select(flows => Target.Against(Lb, Flows(flows), Way.NewFlows, 1.0)),
        .. NewFlows.Select(flows => Target.Against(Cnat, Flows(flows), Way.NewFlows, 0.15)),
        Target.Against(Lb, SmallFrames, Way.Forward, 1.0),
        .. Others.Select(flows => Target.Added(Flows(flows), Way.OthersForward, 1.0)),
        .. Others.Select(flows => Target.ToLookup(Flows(flows), Way.OthersReturn, 1.5, BystanderMeasurement.With)),
    ];

    /// <summary>What decides all targets.</summary>
    public static IReadOnlyList<Plan> Plans { get; } =
    [
        .. ((int[])[1_000, 10_000, 100_000, 1_000_000]).Select(flows => new Plan(Flows(flows), [Lb, Cnat, Plain], [Way.Forward, Way.Return])),
        new(Flows(10_000_000), [Lb, Plain], [Way.Forward]),
        .. TwoFamilies.Select(load => new Plan(load, [Ip6], [Way.Forward])),
        .. NewFlows.Select(flows => new Plan(Flows(flows), [Lb, Cnat], [Way.NewFlows])),
        new(SmallFrames, [Lb, Cnat, Plain], [Way.Forward, Way.Return]),
        .. Others.Select(flows => new Plan(Flows(flows), [], [Way.OthersForward, Way.OthersReturn])),
    ];

    private static int[] ReturnFlows => [1_000, 100_000, 1_000_000];

    /// <summary>Both families are replayed, so that both have the same caches left.</summary>
    private static IEnumerable<Workload> TwoFamilies =>
        ((int[])[10_000, 100_000, 1_000_000]).Select(flows => new Workload { Flows = flows, IsReplayed = true });

    private static Workload Flows(int flows) => new() { Flows = flows };
}
