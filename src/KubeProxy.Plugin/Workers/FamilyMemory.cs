using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Workers;

/// <summary>The memory of one family's session tables on all threads, and of its return index.</summary>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
internal sealed unsafe class FamilyMemory<TSession, TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    private readonly NativeAllocator _allocator;
    private readonly NativeBlock[] _entries;
    private readonly NativeBlock[] _sourcePorts;
    private NativeBlock _slots;
    private NativeBlock _workerEntries;
    private NativeBlock _workerSourcePorts;

    /// <summary>Nothing yet.</summary>
    public FamilyMemory(NativeAllocator allocator, uint threadCount)
    {
        _allocator = allocator;
        _entries = new NativeBlock[threadCount];
        _sourcePorts = new NativeBlock[threadCount];
    }

    /// <summary>Bytes of the threads' tables.</summary>
    public ulong TableBytes => Bytes(_entries) + Bytes(_sourcePorts);

    /// <summary>Bytes of them that are there.</summary>
    public ulong TouchedTableBytes => Touched(_entries) + Touched(_sourcePorts);

    /// <summary>Bytes of the return index.</summary>
    public ulong IndexBytes => Bytes(IndexBlocks);

    /// <summary>Bytes of them that are there.</summary>
    public ulong TouchedIndexBytes => Touched(IndexBlocks);

    private NativeBlock[] IndexBlocks => [_slots, _workerEntries, _workerSourcePorts];

    /// <summary>Allocates; false when something is missing, and <see cref="Free"/> gives the rest back.</summary>
    /// <param name="entries">Sessions of each thread.</param>
    /// <param name="indexBuckets">Buckets of the return index.</param>
    public bool TryAllocate(nuint entries, nuint indexBuckets)
    {
        bool isComplete = TryAllocate(indexBuckets * ReturnIndex.BucketLength * sizeof(ulong), out _slots)
            && TryAllocate(ReturnIndex.MaxWorkers * (nuint)sizeof(void*), out _workerEntries)
            && TryAllocate(ReturnIndex.MaxWorkers * (nuint)sizeof(void*), out _workerSourcePorts);
        for (int i = 0; isComplete && i < _entries.Length; i++)
        {
            isComplete = TryAllocate(entries * (nuint)sizeof(TSession), out _entries[i])
                && TryAllocate(entries * sizeof(ushort), out _sourcePorts[i]);
        }

        return isComplete;
    }

    /// <summary>Makes a thread's table an empty table of this memory, and the index the one of all these tables.</summary>
    public void Attach(ReturnIndex<TSession, TFlow>* index, SessionTable<TSession, TFlow>* table, uint thread, uint bucketCount, uint indexBuckets)
    {
        index->Slots = (ulong*)_slots.Start;
        index->BucketMask = indexBuckets - 1;
        index->WorkerEntries = (TSession**)_workerEntries.Start;
        index->WorkerSourcePorts = (ushort**)_workerSourcePorts.Start;
        table->Entries = index->WorkerEntries[thread] = (TSession*)_entries[thread].Start;
        table->SourcePorts = index->WorkerSourcePorts[thread] = (ushort*)_sourcePorts[thread].Start;
        table->BucketMask = bucketCount - 1;
        table->SweepBucket = 0;
        table->LiveCount = 0;
    }

    /// <summary>Gives everything back.</summary>
    public void Free()
    {
        foreach (NativeBlock block in _entries) block.Free(_allocator);
        foreach (NativeBlock block in _sourcePorts) block.Free(_allocator);
        _slots.Free(_allocator);
        _workerEntries.Free(_allocator);
        _workerSourcePorts.Free(_allocator);
    }

    private bool TryAllocate(nuint lengthBytes, out NativeBlock block)
    {
        block = NativeBlock.TryAllocate(_allocator, lengthBytes);
        return !block.IsNull;
    }

    private static ulong Bytes(NativeBlock[] blocks)
    {
        ulong bytes = 0;
        foreach (NativeBlock block in blocks) bytes += block.LengthBytes;
        return bytes;
    }

    private static ulong Touched(NativeBlock[] blocks)
    {
        ulong bytes = 0;
        foreach (NativeBlock block in blocks) bytes += Residency.TouchedBytes(block.Start, block.LengthBytes);
        return bytes;
    }
}
