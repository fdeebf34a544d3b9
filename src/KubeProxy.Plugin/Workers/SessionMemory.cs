using System.Numerics;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Plugin.Workers;

/// <summary>The memory of all threads' session tables and of the two return indices, for one number of buckets.</summary>
internal sealed unsafe class SessionMemory
{
    /// <summary>What a 32-bit bucket mask can name.</summary>
    private const ulong MaxIndexBuckets = 1UL << 32;

    private readonly NativeAllocator _allocator;
    private readonly NativeBlock[] _entries4;
    private readonly NativeBlock[] _entries6;
    private NativeBlock _slots4;
    private NativeBlock _slots6;
    private NativeBlock _workers4;
    private NativeBlock _workers6;

    private SessionMemory(NativeAllocator allocator, uint threadCount, uint bucketCount)
    {
        _allocator = allocator;
        BucketCount = bucketCount;
        _entries4 = new NativeBlock[threadCount];
        _entries6 = new NativeBlock[threadCount];
    }

    /// <summary>Buckets of each table.</summary>
    public uint BucketCount { get; }

    /// <summary>Bytes of all blocks.</summary>
    public ulong LengthBytes { get; private set; }

    /// <summary>Allocates for all threads, or answers null and holds nothing.</summary>
    public static SessionMemory? TryCreate(NativeAllocator allocator, uint threadCount, uint bucketCount)
    {
        SessionMemory memory = new(allocator, threadCount, bucketCount);
        if (memory.TryAllocate(threadCount)) return memory;
        memory.Free();
        return null;
    }

    /// <summary>Makes a thread's tables empty tables of this memory.</summary>
    public void Attach(DataPath* shared, Worker* worker, uint thread)
    {
        shared->Return4.Slots = (ulong*)_slots4.Start;
        shared->Return6.Slots = (ulong*)_slots6.Start;
        shared->Return4.BucketMask = shared->Return6.BucketMask = (uint)(IndexBuckets((uint)_entries4.Length) - 1);
        shared->Return4.WorkerEntries = (Ip4Session**)_workers4.Start;
        shared->Return6.WorkerEntries = (Ip6Session**)_workers6.Start;
        shared->Return4.WorkerEntries[thread] = (Ip4Session*)_entries4[thread].Start;
        shared->Return6.WorkerEntries[thread] = (Ip6Session*)_entries6[thread].Start;
        worker->Sessions4.Entries = (Ip4Session*)_entries4[thread].Start;
        worker->Sessions6.Entries = (Ip6Session*)_entries6[thread].Start;
        worker->Sessions4.BucketMask = worker->Sessions6.BucketMask = BucketCount - 1;
        worker->Sessions4.SweepBucket = worker->Sessions6.SweepBucket = 0;
        worker->Sessions4.LiveCount = worker->Sessions6.LiveCount = 0;
        worker->SweepDebt = 0;
    }

    /// <summary>Gives everything back.</summary>
    public void Free()
    {
        foreach (NativeBlock block in _entries4) block.Free(_allocator);
        foreach (NativeBlock block in _entries6) block.Free(_allocator);
        _slots4.Free(_allocator);
        _slots6.Free(_allocator);
        _workers4.Free(_allocator);
        _workers6.Free(_allocator);
    }

    private bool TryAllocate(uint threadCount)
    {
        nuint entries = (nuint)BucketCount * SessionTable.BucketLength;
        if (IndexBuckets(threadCount) > MaxIndexBuckets || entries > ReturnIndex.MaxEntries) return false;
        nuint indexBytes = (nuint)IndexBuckets(threadCount) * ReturnIndex.BucketLength * sizeof(ulong);
        bool isComplete = TryAllocate(indexBytes, out _slots4) && TryAllocate(indexBytes, out _slots6)
            && TryAllocate(ReturnIndex.MaxWorkers * (nuint)sizeof(void*), out _workers4)
            && TryAllocate(ReturnIndex.MaxWorkers * (nuint)sizeof(void*), out _workers6);
        for (uint i = 0; isComplete && i < threadCount; i++)
        {
            isComplete = TryAllocate(entries * (nuint)sizeof(Ip4Session), out _entries4[i])
                && TryAllocate(entries * (nuint)sizeof(Ip6Session), out _entries6[i]);
        }

        return isComplete;
    }

    private bool TryAllocate(nuint lengthBytes, out NativeBlock block)
    {
        block = NativeBlock.TryAllocate(_allocator, lengthBytes);
        if (!block.IsNull) LengthBytes += lengthBytes;
        return !block.IsNull;
    }

    /// <summary>Two index slots for every session that all threads can hold, rounded up to a power of two of buckets.</summary>
    private ulong IndexBuckets(uint threadCount)
    {
        ulong slots = 2UL * BucketCount * SessionTable.BucketLength * threadCount;
        return BitOperations.RoundUpToPowerOf2(Math.Max(1, slots / ReturnIndex.BucketLength));
    }
}
