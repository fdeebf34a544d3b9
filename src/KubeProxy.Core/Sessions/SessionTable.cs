using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Sessions;

/// <summary>Layout of a session table.</summary>
public static unsafe class SessionTable
{
    /// <summary>Entries in a bucket.</summary>
    public const int BucketLength = 4;

    /// <summary>Entry index that means "none".</summary>
    public const uint NotFound = uint.MaxValue;

    /// <summary><see cref="ISession{TSelf, TFlow}.FindFresh"/> with plain comparisons: the oracle of both families' vector way.</summary>
    public static uint FindFreshScalar<TSession, TFlow>(TSession* bucket, TFlow* wanted)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        TFlow flow = *wanted;
        uint stamp = TFlow.ClassOf(wanted);
        TFlow.SetClass(&flow, SessionValue.ClassOf(SessionValue.Kind(stamp)));
        int position = TSession.FindScalar(bucket, &flow);
        if (position < 0) return 0;
        uint value = *TSession.Value(bucket + position);
        return SessionValue.Stamp(value) == stamp ? value : 0;
    }
}

/// <summary>
/// One worker's sessions of one family. Only the worker writes it (invariant SES-1), so there is no lock. A flow lives
/// in one of two buckets: the one that the low half of its hash names, or, when that was full of live sessions, the
/// one that the high half names; when both are full, one session moves to its other bucket. Live sessions are never
/// evicted; a flow without room is not remembered.
/// </summary>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public unsafe partial struct SessionTable<TSession, TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>The entries, bucket after bucket (borrowed).</summary>
    public TSession* Entries;

    /// <summary>
    /// The source ports of masqueraded sessions in wire order, one for each entry (borrowed); 0: the client's source is kept, or there is no session. An entry's is
    /// written before the entry's value, and becomes 0 after that does; so who knows that a session is not masqueraded need not touch it.
    /// </summary>
    public ushort* SourcePorts;

    /// <summary>Number of buckets minus one.</summary>
    public uint BucketMask;

    /// <summary>Bucket where the sweep goes on.</summary>
    public uint SweepBucket;

    /// <summary>What the worker's tables share (borrowed).</summary>
    public SessionContext* Context;

    /// <summary>The index of answers (borrowed).</summary>
    public ReturnIndex<TSession, TFlow>* Index;

    /// <summary>Number of sessions in the table, those that are over and not yet swept included.</summary>
    public uint LiveCount;

    /// <summary>Counts the sessions that have found their place not simply in their first bucket.</summary>
    public uint DisplacedCount;

    /// <summary>Counts the entries that were emptied.</summary>
    public uint EmptiedCount;

    /// <summary>Number of buckets.</summary>
    public readonly uint BucketCount => BucketMask + 1;

    /// <summary>Number of entries.</summary>
    public readonly uint EntryCount => BucketCount * SessionTable.BucketLength;

    /// <summary>The first bucket of a hash; it is fetched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TSession* Fetch(ulong hash)
    {
        TSession* bucket = (TSession*)((byte*)Entries + ((nuint)((uint)hash & BucketMask) * (uint)(SessionTable.BucketLength * sizeof(TSession))));
        TSession.Prefetch(bucket);
        return bucket;
    }

    /// <summary>Entry index of a flow in the first bucket of its hash, or <see cref="SessionTable.NotFound"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint FindFirst(TFlow* flow, ulong hash)
    {
        uint first = FirstEntry(hash);
        int position = TSession.FindInBucket(Entries + first, flow);
        return position < 0 ? SessionTable.NotFound : first + (uint)position;
    }

    /// <summary>Entry index of a flow in either bucket, or <see cref="SessionTable.NotFound"/>.</summary>
    public readonly uint Find(TFlow* flow, ulong hash)
    {
        uint found = FindFirst(flow, hash);
        if (found != SessionTable.NotFound) return found;
        uint second = SecondEntry(hash);
        int position = TSession.FindInBucket(Entries + second, flow);
        return position < 0 ? SessionTable.NotFound : second + (uint)position;
    }

    /// <summary>The value of an entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint* Value(uint entryIndex) => TSession.Value(Entries + entryIndex);

    /// <summary>
    /// Remembers a flow that is not in the table. False when neither bucket nor the return index has room: the flow
    /// stays unknown and nothing has changed.
    /// </summary>
    public bool TryAdd(TFlow* flow, ulong hash, uint podSlot, uint kind, ushort sourcePortWire = 0) =>
        TryPlace(flow, hash, SessionValue.Pack(podSlot, kind, Context->Clock.Now(kind)), sourcePortWire);

    /// <summary>Puts a session with its value as it stands into the table: for moving sessions from another table.</summary>
    public bool TryPlace(TFlow* flow, ulong hash, uint value, ushort sourcePortWire = 0)
    {
        uint entry = FindRoom(FirstEntry(hash));
        bool isAtHome = entry != SessionTable.NotFound;
        if (!isAtHome) entry = FindRoom(SecondEntry(hash));
        if (entry == SessionTable.NotFound) entry = MakeRoom(FirstEntry(hash));
        if (entry == SessionTable.NotFound) entry = MakeRoom(SecondEntry(hash));
        if (entry == SessionTable.NotFound || !TryWrite(entry, flow, value, sourcePortWire)) return false;
        if (!isAtHome) DisplacedCount++;
        Context->SessionsByPod[SessionValue.PodSlot(value)]++;
        LiveCount++;
        return true;
    }

    /// <summary>Forgets a session.</summary>
    public void Remove(uint entryIndex)
    {
        uint podSlot = SessionValue.PodSlot(*Value(entryIndex));
        Unlink(entryIndex);
        Context->SessionsByPod[podSlot]--;
        LiveCount--;
    }

    /// <summary>
    /// Forgets a session if its value still is <paramref name="value"/>; otherwise another worker has seen an answer of its pod,
    /// and nothing has changed.
    /// </summary>
    public bool TryRemove(uint entryIndex, uint value)
    {
        TFlow flow = TSession.Flow(Entries + entryIndex);
        ushort sourcePortWire = SourcePortOf(entryIndex, &flow, value);
        if (Interlocked.CompareExchange(ref *Value(entryIndex), 0, value) != value) return false;
        if (sourcePortWire != 0) Volatile.Write(ref SourcePorts[entryIndex], 0);
        EmptiedCount++;
        Index->Remove(AnswerHash(&flow, value, sourcePortWire), Context->WorkerIndex, entryIndex);
        Context->SessionsByPod[SessionValue.PodSlot(value)]--;
        LiveCount--;
        return true;
    }

    /// <summary>Visits the next buckets in turn and forgets sessions that ended.</summary>
    public void Sweep(uint bucketCount)
    {
        if (LiveCount == 0) return;
        for (; bucketCount != 0; bucketCount--)
        {
            TSession* bucket = Entries + ((nuint)SweepBucket * SessionTable.BucketLength);
            for (int i = 0; i < SessionTable.BucketLength; i++)
                if (*TSession.Value(bucket + i) != 0 && IsOver(*TSession.Value(bucket + i))) Remove((uint)(bucket + i - Entries));
            SweepBucket = (SweepBucket + 1) & BucketMask;
        }
    }

    /// <summary>
    /// Sweeps the whole table after a time in which nobody swept it, and before the clock moves: an entry's age is its age
    /// at the clock's time plus the pause, which together may exceed what a tick can tell.
    /// </summary>
    public void SweepAfterPause(ulong pauseSeconds)
    {
        if (LiveCount == 0) return;
        for (uint i = 0; i < EntryCount; i++)
        {
            uint value = *Value(i);
            if (value != 0 && (Context->Clock.IsExpiredAfter(value, pauseSeconds) || HasLostItsPod(value))) Remove(i);
        }
    }

    /// <summary>True when a session would not survive its next packet: its time has passed or its pod is gone for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsOver(uint value) => Context->Clock.IsExpired(value) || HasLostItsPod(value);

    /// <summary>A removed pod keeps its TCP sessions, a dead one keeps none.</summary>
    private readonly bool HasLostItsPod(uint value)
    {
        uint state = Volatile.Read(ref Context->Pods[SessionValue.PodSlot(value)].State);
        return state != PodState.Active && (state != PodState.Removed || !SessionValue.IsOfClass(value, FlowClass.Tcp));
    }

    /// <summary>Fills an empty entry and points the return index to it, or does neither.</summary>
    private readonly bool TryWrite(uint entry, TFlow* flow, uint value, ushort sourcePortWire)
    {
        if (sourcePortWire != 0) Volatile.Write(ref SourcePorts[entry], sourcePortWire);
        TSession.Write(Entries + entry, flow, value);
        if (Index->TryAdd(AnswerHash(flow, value, sourcePortWire), Context->WorkerIndex, entry)) return true;
        Volatile.Write(ref *Value(entry), 0);
        if (sourcePortWire != 0) Volatile.Write(ref SourcePorts[entry], 0);
        return false;
    }

    /// <summary>An empty entry of the bucket.</summary>
    private readonly uint FindEmpty(uint bucket)
    {
        for (uint entry = bucket; entry < bucket + SessionTable.BucketLength; entry++)
            if (*Value(entry) == 0) return entry;
        return SessionTable.NotFound;
    }

    /// <summary>An entry of the bucket that is empty, or whose session is over and forgotten now.</summary>
    private uint FindRoom(uint bucket)
    {
        uint empty = FindEmpty(bucket);
        if (empty != SessionTable.NotFound) return empty;
        for (uint entry = bucket; entry < bucket + SessionTable.BucketLength; entry++)
        {
            if (!IsOver(*Value(entry))) continue;
            Remove(entry);
            return entry;
        }

        return SessionTable.NotFound;
    }

    /// <summary>
    /// Moves one session of a full bucket to that session's other bucket. The return index points to both places for a
    /// moment, so an answer's look-up finds the session at any time; a look-up that has the old pointer in hand while its
    /// entry is emptied passes that one answer on untouched.
    /// </summary>
    private uint MakeRoom(uint bucket)
    {
        for (uint entry = bucket; entry < bucket + SessionTable.BucketLength; entry++)
        {
            TFlow flow = TSession.Flow(Entries + entry);
            ulong hash = TFlow.Hash(&flow, Context->Key);
            uint other = FirstEntry(hash) == bucket ? SecondEntry(hash) : FirstEntry(hash);
            if (other == bucket) continue;
            uint room = FindRoom(other);
            if (room == SessionTable.NotFound || !TryWrite(room, &flow, *Value(entry), SourcePorts[entry])) continue;
            Unlink(entry);
            return entry;
        }

        return SessionTable.NotFound;
    }

    /// <summary>Empties an entry and takes its pointer out of the return index.</summary>
    private void Unlink(uint entry)
    {
        TFlow flow = TSession.Flow(Entries + entry);
        ushort sourcePortWire = SourcePortOf(entry, &flow, *Value(entry));
        Index->Remove(AnswerHash(&flow, *Value(entry), sourcePortWire), Context->WorkerIndex, entry);
        Volatile.Write(ref *Value(entry), 0);
        if (sourcePortWire != 0) Volatile.Write(ref SourcePorts[entry], 0);
        EmptiedCount++;
    }

    /// <summary>A session's source port. Of one that cannot be masqueraded the memory is not touched.</summary>
    private readonly ushort SourcePortOf(uint entry, TFlow* flow, uint value) =>
        Masquerade<TFlow>.MayApply(flow, Context->Pods + SessionValue.PodSlot(value)) ? SourcePorts[entry] : (ushort)0;

    /// <summary>Hash of the answers to a session's flow.</summary>
    private readonly ulong AnswerHash(TFlow* flow, uint value, ushort sourcePortWire)
    {
        PodRecord* pod = Context->Pods + SessionValue.PodSlot(value);
        TFlow seen = Masquerade<TFlow>.Seen(flow, pod, Context->Masquerades, sourcePortWire);
        TFlow back = TSession.Return(&seen, pod);
        return TFlow.Hash(&back, Context->Key);
    }

    /// <summary>First entry of the bucket that the low half of a hash names.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint FirstEntry(ulong hash) => ((uint)hash & BucketMask) * SessionTable.BucketLength;

    /// <summary>First entry of the bucket that the high half of a hash names.</summary>
    public readonly uint SecondEntry(ulong hash) => ((uint)(hash >> 32) & BucketMask) * SessionTable.BucketLength;
}
