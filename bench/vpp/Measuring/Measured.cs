using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>The samples of one workload and way, and what was true meanwhile.</summary>
internal sealed record Measured(Workload Load, Way Way, IReadOnlyList<Lane> Lanes, Samples Samples, Circumstances Circumstances)
{
    /// <summary>"1,000 flows, frames of 4, client to pod".</summary>
    public string Title => $"{Load}, {Way.Title()}";
}

/// <summary>The VPP in which something was measured.</summary>
internal sealed record Circumstances(
    TableSize Size, IReadOnlyDictionary<string, long?> Sessions, IReadOnlyList<string> Notes, long HugePageBytes, string VppVersion, string VppCpu);
