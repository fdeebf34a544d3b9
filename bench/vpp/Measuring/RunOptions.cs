using KubeProxy.Bench.Vpp.Hosts;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>How a run measures, whatever it measures.</summary>
internal sealed record RunOptions
{
    public required SamplingOptions Sampling { get; init; }

    public required PageChoice Pages { get; init; }

    /// <summary>Idle time of everybody's sessions.</summary>
    public required int TimeoutSeconds { get; init; }

    public required int Core { get; init; }

    public required bool IsRealTime { get; init; }
}

/// <summary>Whom and what to measure: one VPP for all ways together, or one each where they would disturb each other.</summary>
internal sealed record Plan(Traffic.Workload Load, IReadOnlyList<string> Contenders, IReadOnlyList<Way> Ways);
