using System.Numerics;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>
/// Session tables for so many flows: buckets of four entries for ours and lb, at most half full, and never fewer than
/// lb's default; tables of pods with 64 slots a pod or more.
/// </summary>
internal sealed record TableSize(int FlowCount, int Buckets, int PodSlots)
{
    public const int TimeoutSeconds = 3600;
    private const int LeastBuckets = 1024;
    private const int LeastPodSlots = 1024;
    private const int SlotsPerPod = 64;

    public static TableSize For(FlowSet flows, int pods = 4) => new(
        flows.Count, Math.Max(LeastBuckets, PowerOfTwo((flows.Count + 1) / 2)), Math.Max(LeastPodSlots, PowerOfTwo(pods * SlotsPerPod)));

    private static int PowerOfTwo(int atLeast) => (int)BitOperations.RoundUpToPowerOf2((uint)atLeast);
}
