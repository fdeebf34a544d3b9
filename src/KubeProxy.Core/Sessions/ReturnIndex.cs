using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Sessions;

/// <summary>Layout of the return index.</summary>
public static class ReturnIndex
{
    /// <summary>Slots in a bucket: one cache line.</summary>
    public const int BucketLength = 8;

    /// <summary>First bit of the tag in a slot.</summary>
    public const int TagShift = 40;

    /// <summary>First bit of the worker in a slot.</summary>
    public const int WorkerShift = 32;

    /// <summary>Most workers that the 8-bit field can name.</summary>
    public const int MaxWorkers = 256;
}

/// <summary>
/// Finds the session of a pod's answer, on whichever worker it was opened. Shared by all workers; a slot is set and
/// cleared with compare-and-swap by the worker that owns the session, and read without locks. A slot only points: the
/// owner's session is read and compared in full (docs/decisions/0003-return-path.md).
/// <code>
///   63      40 39      32 31               0
///   | tag (24)| worker (8)| entry index    |     8 slots a bucket, 0 = empty (a tag is never 0)
/// </code>
/// </summary>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public unsafe struct ReturnIndex<TSession, TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>The slots (borrowed).</summary>
    public ulong* Slots;

    /// <summary>Number of buckets minus one.</summary>
    public uint BucketMask;

    /// <summary>First entry of each worker's session table (borrowed).</summary>
    public TSession** WorkerEntries;

    /// <summary>All pod records (borrowed).</summary>
    public PodRecord* Pods;

    /// <summary>Fetches the bucket of a hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Prefetch(ulong hash)
    {
        if (Sse.IsSupported) Sse.Prefetch0(Bucket(hash));
    }

    /// <summary>Points the answer's hash to a session. False when the bucket is full.</summary>
    public readonly bool TryAdd(ulong hash, uint worker, uint entryIndex)
    {
        ulong slot = Pack(hash, worker, entryIndex);
        ulong* bucket = Bucket(hash);
        for (int i = 0; i < ReturnIndex.BucketLength; i++)
            if (bucket[i] == 0 && Interlocked.CompareExchange(ref bucket[i], slot, 0) == 0) return true;
        return false;
    }

    /// <summary>Takes the pointer of a session away.</summary>
    public readonly void Remove(ulong hash, uint worker, uint entryIndex)
    {
        ulong slot = Pack(hash, worker, entryIndex);
        ulong* bucket = Bucket(hash);
        for (int i = 0; i < ReturnIndex.BucketLength; i++)
            if (bucket[i] == slot && Interlocked.CompareExchange(ref bucket[i], 0, slot) == slot) return;
    }

    /// <summary>Slots of the hash's bucket whose tag fits: bit i for slot i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Candidates(ulong hash) =>
        Vector256.IsHardwareAccelerated ? CandidatesVector256(hash) : CandidatesScalar(hash);

    /// <summary>The plain look-up: the oracle of <see cref="CandidatesVector256"/>.</summary>
    public readonly uint CandidatesScalar(ulong hash)
    {
        uint candidates = 0;
        ulong* bucket = Bucket(hash);
        for (int i = 0; i < ReturnIndex.BucketLength; i++)
            if (bucket[i] >> ReturnIndex.TagShift == Tag(hash)) candidates |= 1u << i;
        return candidates;
    }

    /// <summary>All eight tags compared at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint CandidatesVector256(ulong hash)
    {
        Vector256<ulong> tag = Vector256.Create(Tag(hash));
        ulong* bucket = Bucket(hash);
        Vector256<ulong> low = Vector256.LoadAligned(bucket) >>> ReturnIndex.TagShift;
        Vector256<ulong> high = Vector256.LoadAligned(bucket + 4) >>> ReturnIndex.TagShift;
        return Vector256.Equals(low, tag).ExtractMostSignificantBits()
            | (Vector256.Equals(high, tag).ExtractMostSignificantBits() << 4);
    }

    /// <summary>The owner's entry that a slot points to; the slot may be stale, so the entry is only fit to be compared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TSession* Entry(ulong hash, int position)
    {
        ulong slot = Bucket(hash)[position];
        return WorkerEntries[(byte)(slot >> ReturnIndex.WorkerShift)] + (uint)slot;
    }

    /// <summary>
    /// The session that an answer belongs to: its entry, and a copy of it as it was at one moment. Null when there is
    /// none. A session that is over may still stand beside a live one with the same answers (the client came back
    /// through another VIP, or its packets reach another worker now), so it is passed over.
    /// </summary>
    public readonly TSession* FindLive(TFlow* back, ulong hash, uint candidates, SessionClock* clock, TSession* copy)
    {
        for (; candidates != 0; candidates &= candidates - 1)
        {
            TSession* entry = Find(back, hash, candidates & (uint)-(int)candidates, copy);
            if (entry == null) continue;
            uint value = *TSession.Value(copy);
            if (!clock->IsExpired(value) && Pods[SessionValue.PodSlot(value)].State != PodState.Dead) return entry;
        }

        return null;
    }

    /// <summary>The first session with this answer, over or not: its entry, and a copy of it. Null when there is none.</summary>
    public readonly TSession* Find(TFlow* back, ulong hash, uint candidates, TSession* copy)
    {
        for (; candidates != 0; candidates &= candidates - 1)
        {
            TSession* entry = Entry(hash, BitOperations.TrailingZeroCount(candidates));
            if (!TSession.TryCopy(entry, copy)) continue;
            PodRecord* pod = Pods + SessionValue.PodSlot(*TSession.Value(copy));
            if (TSession.IsReturn(copy, pod, back)) return entry;
        }

        return null;
    }

    private static ulong Pack(ulong hash, uint worker, uint entryIndex) =>
        (Tag(hash) << ReturnIndex.TagShift) | ((ulong)worker << ReturnIndex.WorkerShift) | entryIndex;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Tag(ulong hash)
    {
        ulong tag = hash >> ReturnIndex.TagShift;
        return tag == 0 ? 1 : tag;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong* Bucket(ulong hash) => Slots + ((nuint)((uint)hash & BucketMask) * ReturnIndex.BucketLength);
}
