using System.Numerics;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Plugin.Workers;

/// <summary>The memory of all threads' session tables and of the two return indices, for one number of buckets.</summary>
internal sealed unsafe class SessionMemory
{
    /// <summary>What a 32-bit bucket mask can name.</summary>
    private const ulong MaxIndexBuckets = 1UL << 32;

    private readonly FamilyMemory<Ip4Session, Ip4Flow> _memory4;
    private readonly FamilyMemory<Ip6Session, Ip6Flow> _memory6;
    private readonly ulong _indexBuckets;

    private SessionMemory(NativeAllocator allocator, uint threadCount, uint bucketCount)
    {
        BucketCount = bucketCount;
        _memory4 = new FamilyMemory<Ip4Session, Ip4Flow>(allocator, threadCount);
        _memory6 = new FamilyMemory<Ip6Session, Ip6Flow>(allocator, threadCount);

        // Two index slots for every session that all threads can hold, rounded up to a power of two of buckets.
        ulong slots = 2UL * bucketCount * SessionTable.BucketLength * threadCount;
        _indexBuckets = BitOperations.RoundUpToPowerOf2(Math.Max(1, slots / ReturnIndex.BucketLength));
    }

    /// <summary>Buckets of each table.</summary>
    public uint BucketCount { get; }

    /// <summary>Bytes of all blocks.</summary>
    public ulong LengthBytes => TableBytes + IndexBytes;

    /// <summary>Bytes of the threads' tables.</summary>
    public ulong TableBytes => _memory4.TableBytes + _memory6.TableBytes;

    /// <summary>Bytes of them that are there.</summary>
    public ulong TouchedTableBytes => _memory4.TouchedTableBytes + _memory6.TouchedTableBytes;

    /// <summary>Bytes of the return indices.</summary>
    public ulong IndexBytes => _memory4.IndexBytes + _memory6.IndexBytes;

    /// <summary>Bytes of them that are there.</summary>
    public ulong TouchedIndexBytes => _memory4.TouchedIndexBytes + _memory6.TouchedIndexBytes;

    /// <summary>Allocates for all threads, or answers null and holds nothing.</summary>
    public static SessionMemory? TryCreate(NativeAllocator allocator, uint threadCount, uint bucketCount)
    {
        SessionMemory memory = new(allocator, threadCount, bucketCount);
        if (memory.TryAllocate()) return memory;
        memory.Free();
        return null;
    }

    /// <summary>Makes a thread's tables empty tables of this memory.</summary>
    public void Attach(DataPath* shared, Worker* worker, uint thread)
    {
        _memory4.Attach(&shared->Return4, &worker->Sessions4, thread, BucketCount, (uint)_indexBuckets);
        _memory6.Attach(&shared->Return6, &worker->Sessions6, thread, BucketCount, (uint)_indexBuckets);
        worker->SweepDebt = 0;
    }

    /// <summary>Gives everything back.</summary>
    public void Free()
    {
        _memory4.Free();
        _memory6.Free();
    }

    private bool TryAllocate()
    {
        nuint entries = (nuint)BucketCount * SessionTable.BucketLength;
        if (_indexBuckets > MaxIndexBuckets || entries > ReturnIndex.MaxEntries) return false;
        return _memory4.TryAllocate(entries, (nuint)_indexBuckets) && _memory6.TryAllocate(entries, (nuint)_indexBuckets);
    }
}
