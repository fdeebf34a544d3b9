namespace KubeProxy.Bench.Vpp.Hosts;

/// <summary>What <c>show runtime</c> says of some time, and the share of that time in which VPP's thread did not have its CPU.</summary>
internal sealed record RuntimeReading(IReadOnlyDictionary<string, NodeClocks> Nodes, double LostShare);
