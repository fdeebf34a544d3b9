using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>Stated maxima; every error that refuses a size names one of them.</summary>
public static class Limits
{
    /// <summary>Pod slots as a power of two: the width of a session's pod field.</summary>
    public const int PodSlotsLog2 = 20;

    /// <summary>Pod slots. Slot 0 is never used: a session that names it is empty.</summary>
    public const uint PodSlots = 1u << PodSlotsLog2;

    /// <summary>VIP prefixes and node ports.</summary>
    public const uint Vips = 1u << 18;

    /// <summary>Services over all VIPs.</summary>
    public const uint Services = 1u << 19;

    /// <summary>Slots of one service's Maglev table (<c>new_len</c>).</summary>
    public const uint TableLength = 65536;

    /// <summary>Slots of a Maglev table when nothing is said.</summary>
    public const uint DefaultTableLength = 1024;

    /// <summary>Buckets of one worker's session table, as a power of two.</summary>
    public const int BucketsLog2 = 24;

    /// <summary>Buckets of one worker's session table.</summary>
    public const uint Buckets = 1u << BucketsLog2;

    /// <summary>Buckets when nothing is said: 262,144 sessions a worker.</summary>
    public const uint DefaultBuckets = 1u << 16;

    /// <summary>Longest idle time of a session, in seconds.</summary>
    public const uint TimeoutSeconds = 1_000_000;

    /// <summary>Largest weight of a pod.</summary>
    public const uint Weight = 100;

    /// <summary>Weight of a pod when nothing is said.</summary>
    public const uint DefaultWeight = 1;

    /// <summary>Longest time that a pod may drain, in seconds.</summary>
    public const uint DrainSeconds = 1_000_000;

    /// <summary>Addresses that services may masquerade with, one of which is never used.</summary>
    public const uint MasqueradeAddresses = 4096;

    /// <summary>Longest session affinity, in seconds: a day, as in the Service API.</summary>
    public const uint AffinitySeconds = ServiceEntry.MaxAffinitySeconds;
}
