using System.Numerics;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>
/// Session tables for so many flows: buckets of four entries for ours and lb, at most half full, and never fewer than
/// lb's default; tables of pods with 64 slots a pod or more.
/// </summary>
internal sealed record TableSize(int FlowCount, int Buckets, int PodSlots)
{
    private const int LongestTimeoutOfOneSecondTicks = 250;
    private const int LeastBuckets = 1024;
    private const int LeastPodSlots = 1024;
    private const int SlotsPerPod = 64;

    /// <summary>
    /// Idle time of sessions, for everybody. Ours counts in ticks of a second up to 250 s, so also with its default of 120 s
    /// for UDP, and refreshes a session once a tick: a longer time would save it work that it does in real life.
    /// </summary>
    public int TimeoutSeconds { get; init; } = LongestTimeoutOfOneSecondTicks;

    public static TableSize For(FlowSet flows, int pods = 4) => new(
        flows.Count, Math.Max(LeastBuckets, PowerOfTwo((flows.Count + 1) / 2)), Math.Max(LeastPodSlots, PowerOfTwo(pods * SlotsPerPod)));

    private static int PowerOfTwo(int atLeast) => (int)BitOperations.RoundUpToPowerOf2((uint)atLeast);
}
