using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

/// <summary>Looks at a whole table from outside: what must always fit together does.</summary>
public static unsafe class TableAudit
{
    /// <summary>
    /// Counts by pod, the table's own count, no source port without a session, exactly one pointer in the return index for each session, and overflow
    /// counts of the index that tell where the pointers lie.
    /// </summary>
    public static void Check<TSession, TFlow>(Worker* worker, SessionTable<TSession, TFlow>* table, DataPathOptions options)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        var byPod = new uint[options.PodSlotCount];
        CountByPod(&worker->Sessions4, byPod);
        CountByPod(&worker->Sessions6, byPod);
        Assert.Equal(byPod, new ReadOnlySpan<uint>(worker->Context.SessionsByPod, byPod.Length));

        List<uint> entries = [.. Enumerable.Range(0, (int)table->EntryCount).Select(entry => (uint)entry).Where(entry => *table->Value(entry) != 0)];
        foreach (uint entry in entries) AssertFoundByItsAnswer(worker, table, entry);
        Assert.Equal((uint)entries.Count, table->LiveCount);
        for (uint entry = 0; entry < table->EntryCount; entry++)
            if (*table->Value(entry) == 0) Assert.Equal(0, table->SourcePorts[entry]);
        Assert.Equal(entries, PointersTo(worker->Context.WorkerIndex, table->Index, options));
        Assert.Equal(PointersInSecondBuckets(worker, table->Index, options), OverflowCounts(table->Index, options));
    }

    /// <summary>Overflow count of every bucket of a return index.</summary>
    public static uint[] OverflowCounts<TSession, TFlow>(ReturnIndex<TSession, TFlow>* index, DataPathOptions options)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        var counts = new uint[options.ReturnBucketCount];
        for (int bucket = 0; bucket < counts.Length; bucket++)
            counts[bucket] = ReturnBucket.OverflowCount(index->Slots + ((nuint)bucket * ReturnIndex.BucketLength));
        return counts;
    }

    /// <summary>Everything that a refused flow must leave as it was.</summary>
    public static byte[] Image<TSession, TFlow>(SessionTable<TSession, TFlow>* table, DataPathOptions options)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> =>
        [.. Contents(table, options), .. new ReadOnlySpan<byte>(table, sizeof(SessionTable<TSession, TFlow>))];

    /// <summary>What the sessions of a table are, wherever its memory lies.</summary>
    public static byte[] Contents<TSession, TFlow>(SessionTable<TSession, TFlow>* table, DataPathOptions options)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> =>
        [
            .. Values(table),
            .. new ReadOnlySpan<byte>(table->Index->Slots, (int)options.ReturnBucketCount * ReturnIndex.BucketLength * sizeof(ulong)),
            .. new ReadOnlySpan<byte>(table->Context->SessionsByPod, (int)options.PodSlotCount * sizeof(uint)),
            .. new ReadOnlySpan<byte>(table->SourcePorts, (int)table->EntryCount * sizeof(ushort)),
            .. BitConverter.GetBytes(table->LiveCount),
            .. BitConverter.GetBytes(table->DisplacedCount),
        ];

    /// <summary>True when both buckets of a hash hold live sessions only.</summary>
    public static bool IsFull<TSession, TFlow>(SessionTable<TSession, TFlow>* table, ulong hash)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        foreach (ulong half in (ulong[])[hash, hash >> 32])
        {
            uint first = ((uint)half & table->BucketMask) * SessionTable.BucketLength;
            for (uint entry = first; entry < first + SessionTable.BucketLength; entry++)
                if (*table->Value(entry) == 0 || table->IsOver(*table->Value(entry))) return false;
        }

        return true;
    }

    /// <summary>Sessions that are over and still there.</summary>
    public static int OverCount<TSession, TFlow>(SessionTable<TSession, TFlow>* table)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        int count = 0;
        for (uint entry = 0; entry < table->EntryCount; entry++)
            if (*table->Value(entry) != 0 && table->IsOver(*table->Value(entry))) count++;
        return count;
    }

    private static void CountByPod<TSession, TFlow>(SessionTable<TSession, TFlow>* table, uint[] byPod)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        for (uint entry = 0; entry < table->EntryCount; entry++)
            if (*table->Value(entry) != 0) byPod[SessionValue.PodSlot(*table->Value(entry))]++;
    }

    private static byte[] Values<TSession, TFlow>(SessionTable<TSession, TFlow>* table)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        var values = new List<byte>();
        for (uint entry = 0; entry < table->EntryCount; entry++) values.AddRange(BitConverter.GetBytes(*table->Value(entry)));
        return [.. values];
    }

    private static void AssertFoundByItsAnswer<TSession, TFlow>(Worker* worker, SessionTable<TSession, TFlow>* table, uint entry)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        TSession* session = table->Entries + entry;
        TFlow back = AnswerTo<TSession, TFlow>(worker, session, table->SourcePorts[entry]);
        ulong hash = TFlow.Hash(&back, worker->Context.Key);
        bool isFound = false;

        // A flow that has changed workers has a session with the same answers on each.
        for (uint candidates = table->Index->Candidates(hash); candidates != 0; candidates &= candidates - 1)
        {
            TSession copy;
            ushort sourcePort;
            if (table->Index->Find(&back, hash, candidates & (uint)-(int)candidates, &copy, &sourcePort) != session) continue;
            isFound = true;
            Assert.Equal(table->SourcePorts[entry], sourcePort);
        }

        Assert.True(isFound);
    }

    private static TFlow AnswerTo<TSession, TFlow>(Worker* worker, TSession* session, ushort sourcePort)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        TFlow flow = TSession.Flow(session);
        PodRecord* pod = worker->Shared->Pods + SessionValue.PodSlot(*TSession.Value(session));
        TFlow seen = Masquerade<TFlow>.Seen(&flow, pod, worker->Shared->Masquerades, sourcePort);
        return TSession.Return(&seen, pod);
    }

    private static List<uint> PointersTo<TSession, TFlow>(uint worker, ReturnIndex<TSession, TFlow>* index, DataPathOptions options)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        var entries = new List<uint>();
        for (uint i = 0; i < options.ReturnBucketCount * ReturnIndex.BucketLength; i++)
        {
            ulong pointer = ReturnBucket.Pointer(index->Slots[i]);
            if (pointer != 0 && (byte)(pointer >> ReturnIndex.WorkerShift) == worker) entries.Add(ReturnBucket.EntryIndex(pointer));
        }

        entries.Sort();
        return entries;
    }

    /// <summary>By first bucket: the pointers of all workers that do not lie there.</summary>
    private static uint[] PointersInSecondBuckets<TSession, TFlow>(Worker* worker, ReturnIndex<TSession, TFlow>* index, DataPathOptions options)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        var counts = new uint[options.ReturnBucketCount];
        for (uint i = 0; i < options.ReturnBucketCount * ReturnIndex.BucketLength; i++)
        {
            ulong pointer = ReturnBucket.Pointer(index->Slots[i]);
            if (pointer == 0) continue;
            byte owner = (byte)(pointer >> ReturnIndex.WorkerShift);
            uint entry = ReturnBucket.EntryIndex(pointer);
            TFlow back = AnswerTo<TSession, TFlow>(worker, index->WorkerEntries[owner] + entry, index->WorkerSourcePorts[owner][entry]);
            uint first = (uint)TFlow.Hash(&back, worker->Context.Key) & index->BucketMask;
            if (first != i / ReturnIndex.BucketLength) counts[first]++;
        }

        return counts;
    }
}
