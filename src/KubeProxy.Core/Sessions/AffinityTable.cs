using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Sessions;

/// <summary>
/// Which pod a client last used of a service with <c>affinity</c>, whatever its ports and on whichever worker. Shared by all
/// workers, read without locks and changed with compare-and-swap; only the first packet of a flow comes here. One line
/// of 8 slots is a bucket:
/// <code>
///   63      40 39          20 19           0
///   | tag (24)| pod slot (20)| seconds (20)|     0 = empty: pod slot 0 is never used
/// </code>
/// A slot names a client and service by 24 bits of their hash (under the random key) beside its bucket. Two that agree in
/// all of them share a pod only when they ask for one service, because a pod slot belongs to one service; that is as good a
/// pod as any. A full bucket forgets whom it has not seen for longest. Seconds count modulo 2^20 (12 days); a slot that
/// nobody touches so long may count again as new, and then names a pod that serves or is not used.
/// </summary>
public unsafe struct AffinityTable
{
    /// <summary>Slots in a bucket: one cache line.</summary>
    public const int BucketLength = 8;

    private const int SecondsBits = 20;
    private const int TagShift = 40;
    private const uint SecondsMask = (1u << SecondsBits) - 1;

    /// <summary>The slots (borrowed).</summary>
    public ulong* Slots;

    /// <summary>Number of buckets minus one; the number is a power of two.</summary>
    public uint BucketMask;

    /// <summary>All pod records (borrowed).</summary>
    public PodRecord* Pods;

    /// <summary>True for a copy that only looks: nothing is remembered through it.</summary>
    public bool IsFrozen;

    /// <summary>
    /// The pod slot that a client used of a service at most <paramref name="timeoutSeconds"/> ago, if it still takes new
    /// flows; otherwise 0.
    /// </summary>
    /// <param name="hash">Hash of client address and service.</param>
    /// <param name="serviceIndex">The service.</param>
    /// <param name="nowSeconds">The worker's time.</param>
    /// <param name="timeoutSeconds">The service's affinity.</param>
    public readonly uint Find(ulong hash, uint serviceIndex, ulong nowSeconds, uint timeoutSeconds)
    {
        ulong* slot = FindSlot(hash);
        if (slot == null) return 0;
        ulong value = Volatile.Read(ref *slot);
        uint podSlot = PodSlot(value);
        PodRecord* pod = Pods + podSlot;
        bool isUsable = (value >> TagShift) == Tag(hash) && AgeSeconds(value, nowSeconds) <= timeoutSeconds
            && pod->ServiceIndex == serviceIndex && pod->State == PodState.Active && pod->IsHeldBack == 0;
        return isUsable ? podSlot : 0;
    }

    /// <summary>Remembers that a client uses a pod now.</summary>
    public readonly void Remember(ulong hash, uint podSlot, ulong nowSeconds)
    {
        if (IsFrozen) return;
        ulong value = (Tag(hash) << TagShift) | ((ulong)podSlot << SecondsBits) | ((uint)nowSeconds & SecondsMask);
        ulong* slot = FindSlot(hash);
        if (slot == null) slot = FindOldest(hash, nowSeconds);

        // Another worker that was faster has remembered somebody, perhaps this client: that is as good.
        ulong seen = Volatile.Read(ref *slot);
        if (seen != value) Interlocked.CompareExchange(ref *slot, value, seen);
    }

    /// <summary>Number of clients remembered at most <paramref name="timeoutSeconds"/> ago.</summary>
    public readonly ulong Count(ulong nowSeconds, uint timeoutSeconds)
    {
        ulong count = 0;
        for (nuint i = 0; i < ((nuint)BucketMask + 1) * BucketLength; i++)
            if (Slots[i] != 0 && AgeSeconds(Slots[i], nowSeconds) <= timeoutSeconds) count++;
        return count;
    }

    /// <summary>Forgets everybody.</summary>
    public readonly void Clear()
    {
        for (nuint i = 0; i < ((nuint)BucketMask + 1) * BucketLength; i++)
            if (Slots[i] != 0) Volatile.Write(ref Slots[i], 0);
    }

    private readonly ulong* FindSlot(ulong hash)
    {
        ulong* bucket = Bucket(hash);
        for (int i = 0; i < BucketLength; i++)
            if (bucket[i] != 0 && bucket[i] >> TagShift == Tag(hash)) return bucket + i;
        return null;
    }

    private readonly ulong* FindOldest(ulong hash, ulong nowSeconds)
    {
        ulong* bucket = Bucket(hash);
        ulong* oldest = bucket;
        for (int i = 0; i < BucketLength; i++)
        {
            if (bucket[i] == 0) return bucket + i;
            if (AgeSeconds(bucket[i], nowSeconds) > AgeSeconds(*oldest, nowSeconds)) oldest = bucket + i;
        }

        return oldest;
    }

    private readonly ulong* Bucket(ulong hash) => Slots + ((nuint)((uint)hash & BucketMask) * BucketLength);

    private static ulong Tag(ulong hash) => hash >> TagShift;

    private static uint PodSlot(ulong value) => (uint)(value >> SecondsBits) & SessionValue.PodSlotMask;

    // A worker's clock may lag behind the one that stamped by a moment: that is age 0, not 12 days.
    private static uint AgeSeconds(ulong value, ulong nowSeconds)
    {
        uint age = ((uint)nowSeconds - (uint)value) & SecondsMask;
        return age > SecondsMask - ServiceEntry.MaxAffinitySeconds ? 0 : age;
    }
}
