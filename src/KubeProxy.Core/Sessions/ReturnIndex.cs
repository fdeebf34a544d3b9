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

    /// <summary>First bit of the overflow count, which only a bucket's first slot has.</summary>
    public const int OverflowShift = 26;

    /// <summary>Bits of the hash below the one from which the second bucket is derived.</summary>
    public const int SecondBucketShift = 20;

    /// <summary>Most workers that the 8-bit field can name.</summary>
    public const int MaxWorkers = 256;

    /// <summary>Most entries of a worker that the 26-bit field can name.</summary>
    public const uint MaxEntries = 1u << OverflowShift;

    /// <summary>Most pointers of one bucket that can lie in second buckets.</summary>
    public const uint MaxOverflow = (1u << (WorkerShift - OverflowShift)) - 1;
}

/// <summary>
/// Finds the session of a pod's answer, on whichever worker it was opened. Shared by all workers; a slot is set and
/// cleared with compare-and-swap by the worker that owns the session, and read without locks. A slot only points: the
/// owner's session is read and compared in full (docs/decisions/0003-return-path.md).
/// <code>
///   63      40 39      32 31         26 25             0
///   | tag (24)| worker (8)| overflow (6)| entry (26)   |     8 slots a bucket, tag 0 = empty (a tag is never 0)
/// </code>
/// A pointer lies in the first bucket of its hash or, if that was full, in the second. The first bucket's overflow count
/// says how many of its pointers do the latter, so readers look at a second bucket only for a first one that has
/// overflowed, and learn it from the line that they read anyway (invariant SES-10). The count goes up before the
/// pointer can be seen and down after it is gone: it may be too high for a moment, which costs a look, and never too low.
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

    /// <summary>Source port of each worker's first entry (borrowed), see <see cref="SessionTable{TSession, TFlow}.SourcePorts"/>.</summary>
    public ushort** WorkerSourcePorts;

    /// <summary>All pod records (borrowed).</summary>
    public PodRecord* Pods;

    /// <summary>All masquerade addresses (borrowed).</summary>
    public MasqueradeAddress* Masquerades;

    /// <summary>Fetches the first bucket of a hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Prefetch(ulong hash)
    {
        if (Sse.IsSupported) Sse.Prefetch0(FirstBucket(hash));
    }

    /// <summary>
    /// Points the answer's hash to a session that has no pointer here yet. False when both buckets are full, or when
    /// the first one cannot count another pointer elsewhere; then nothing has changed.
    /// </summary>
    public readonly bool TryAdd(ulong hash, uint worker, uint entryIndex)
    {
        ulong pointer = ReturnBucket.Pack(hash, worker, entryIndex);
        ulong* first = FirstBucket(hash);
        if (ReturnBucket.TryPut(first, pointer)) return true;
        if (BucketMask == 0 || !ReturnBucket.TryCountUp(first)) return false;
        if (ReturnBucket.TryPut(SecondBucket(hash), pointer)) return true;
        ReturnBucket.CountDown(first);
        return false;
    }

    /// <summary>
    /// <see cref="TryAdd"/> for the hash of answers that cannot belong to another session: none with its tag is in its first bucket, nor is one elsewhere, and there is room.
    /// False: not so, and nothing has changed.
    /// </summary>
    public readonly bool TryAddAlone(ulong hash, uint worker, uint entryIndex)
    {
        ulong* first = FirstBucket(hash);
        return ReturnBucket.OverflowCount(first) == 0 && ReturnBucket.TryPutAlone(first, ReturnBucket.Pack(hash, worker, entryIndex));
    }

    /// <summary>
    /// Takes the pointer of a session away. Worker and entry make it the only one of its kind, and only the owner adds
    /// and removes it, so it is where the owner has put it.
    /// </summary>
    public readonly void Remove(ulong hash, uint worker, uint entryIndex)
    {
        ulong pointer = ReturnBucket.Pack(hash, worker, entryIndex);
        ulong* first = FirstBucket(hash);
        if (ReturnBucket.TryTake(first, pointer)) return;
        if (ReturnBucket.TryTake(SecondBucket(hash), pointer)) ReturnBucket.CountDown(first);
    }

    /// <summary>Slots whose tag fits: bits 0 to 7 for the hash's first bucket, 8 to 15 for the second.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Candidates(ulong hash) =>
        Vector256.IsHardwareAccelerated ? CandidatesVector256(hash) : CandidatesScalar(hash);

    /// <summary>The plain look-up: the oracle of <see cref="CandidatesVector256"/>.</summary>
    public readonly uint CandidatesScalar(ulong hash)
    {
        ulong* first = FirstBucket(hash);
        uint candidates = ReturnBucket.MatchScalar(first, ReturnBucket.Tag(hash));
        if (ReturnBucket.OverflowCount(first) == 0) return candidates;
        return candidates | (ReturnBucket.MatchScalar(SecondBucket(hash), ReturnBucket.Tag(hash)) << ReturnIndex.BucketLength);
    }

    /// <summary>All eight tags of a bucket compared at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint CandidatesVector256(ulong hash)
    {
        ulong* first = FirstBucket(hash);
        uint candidates = ReturnBucket.MatchVector256(first, ReturnBucket.Tag(hash));
        return ReturnBucket.OverflowCount(first) == 0 ? candidates : candidates | SecondVector256(hash);
    }

    /// <summary>
    /// The entry that the first slot with a fitting tag in the hash's first bucket points to, or null; fit to be compared only, for a slot may be stale.
    /// </summary>
    /// <param name="hash">Hash of the answer.</param>
    /// <param name="mayBeElsewhere">True when the first bucket has overflowed.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TSession* First(ulong hash, out bool mayBeElsewhere)
    {
        ulong* first = FirstBucket(hash);
        ulong tag = ReturnBucket.Tag(hash);
        uint matches = Vector256.IsHardwareAccelerated ? ReturnBucket.MatchVector256(first, tag) : ReturnBucket.MatchScalar(first, tag);
        mayBeElsewhere = ReturnBucket.OverflowCount(first) != 0;
        return matches == 0 ? null : Entry(first[BitOperations.TrailingZeroCount(matches)]);
    }

    /// <summary>The owner's entry that a slot points to; the slot may be stale, so the entry is only fit to be compared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TSession* Entry(ulong hash, int position) => Entry(Slot(hash, position));

    /// <summary>
    /// The session that an answer belongs to: its entry, and a copy of it as it was at one moment. Null when there is
    /// none. A session that is over may still stand beside a live one with the same answers (the client came back
    /// through another VIP, or its packets reach another worker now), so it is passed over. With it comes its source port, 0 when
    /// it is not masqueraded.
    /// </summary>
    public readonly TSession* FindLive(TFlow* back, ulong hash, uint candidates, SessionClock* clock, TSession* copy, ushort* sourcePortWire)
    {
        for (; candidates != 0; candidates &= candidates - 1)
        {
            TSession* entry = Find(back, hash, candidates & (uint)-(int)candidates, copy, sourcePortWire);
            if (entry == null) continue;
            uint value = *TSession.Value(copy);
            if (!clock->IsExpired(value) && Pods[SessionValue.PodSlot(value)].State != PodState.Dead) return entry;
        }

        return null;
    }

    /// <summary>The first session with this answer, over or not: its entry, a copy of it, and its source port. Null when there is none.</summary>
    public readonly TSession* Find(TFlow* back, ulong hash, uint candidates, TSession* copy, ushort* sourcePortWire)
    {
        for (; candidates != 0; candidates &= candidates - 1)
        {
            ulong slot = Slot(hash, BitOperations.TrailingZeroCount(candidates));
            TSession* entry = Entry(slot);
            if (TSession.Copy(entry, copy) != 0 && IsAnswered(copy, slot, back, sourcePortWire)) return entry;
        }

        return null;
    }

    /// <summary>
    /// True when <paramref name="back"/> is an answer to the copied session. Its source port is read after the copy was made: it
    /// is the session's or that of a later one in its place, and then it differs or the two have the same answers.
    /// </summary>
    private readonly bool IsAnswered(TSession* copy, ulong slot, TFlow* back, ushort* sourcePortWire)
    {
        PodRecord* pod = Pods + SessionValue.PodSlot(*TSession.Value(copy));
        TFlow flow = TSession.Flow(copy);
        *sourcePortWire = 0;
        if (Masquerade<TFlow>.MayApply(&flow, pod))
            *sourcePortWire = Volatile.Read(ref WorkerSourcePorts[(byte)(slot >> ReturnIndex.WorkerShift)][ReturnBucket.EntryIndex(slot)]);
        if (*sourcePortWire == 0) return TSession.IsReturn(copy, pod, back);
        TFlow seen = Masquerade<TFlow>.Seen(&flow, pod, Masquerades, *sourcePortWire);
        TFlow answer = TSession.Return(&seen, pod);
        return TFlow.AreSame(&answer, back);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong Slot(ulong hash, int position) => position < ReturnIndex.BucketLength
        ? FirstBucket(hash)[position]
        : SecondBucket(hash)[position - ReturnIndex.BucketLength];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly TSession* Entry(ulong slot) => WorkerEntries[(byte)(slot >> ReturnIndex.WorkerShift)] + ReturnBucket.EntryIndex(slot);

    /// <summary>Out of line: few look-ups come here.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly uint SecondVector256(ulong hash) =>
        ReturnBucket.MatchVector256(SecondBucket(hash), ReturnBucket.Tag(hash)) << ReturnIndex.BucketLength;

    /// <summary>The bucket that the low bits of a hash name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong* FirstBucket(ulong hash) => Bucket((uint)hash);

    /// <summary>
    /// The bucket for what the first has no room for. Its distance comes from bits 20 and up, up to a million buckets
    /// independent of the first bucket and of the tag, so the pointers of one full bucket go to different others. The
    /// distance is odd: in an index of more than one bucket, the second is never the first.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong* SecondBucket(ulong hash) => Bucket((uint)hash ^ ((uint)(hash >> ReturnIndex.SecondBucketShift) | 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong* Bucket(uint number) => Slots + ((nuint)(number & BucketMask) * ReturnIndex.BucketLength);
}
