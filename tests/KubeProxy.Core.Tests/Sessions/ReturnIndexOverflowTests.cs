using System.Numerics;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

/// <summary>A return index whose first buckets are full: what goes to second buckets is found there, and counted.</summary>
public sealed unsafe class ReturnIndexOverflowTests : IDisposable
{
    private const int BucketCount = 16;
    private const int Churners = 2;
    private const uint First = 5;

    private readonly DataPathMemory _memory = new();
    private readonly ReturnIndex<Ip4Session, Ip4Flow> _index;

    public ReturnIndexOverflowTests()
    {
        _index = new ReturnIndex<Ip4Session, Ip4Flow>
        {
            Slots = _memory.Allocate<ulong>(BucketCount * ReturnIndex.BucketLength),
            BucketMask = BucketCount - 1,
            WorkerEntries = (Ip4Session**)_memory.Allocate<nint>(ReturnIndex.MaxWorkers),
        };
        for (int worker = 0; worker <= Churners; worker++) _index.WorkerEntries[worker] = _memory.Allocate<Ip4Session>(256);
    }

    private ReadOnlySpan<ulong> Slots => new(_index.Slots, BucketCount * ReturnIndex.BucketLength);

    private uint OverflowCount => ReturnBucket.OverflowCount(_index.Slots + (First * ReturnIndex.BucketLength));

    [Fact]
    public void AFullBucketOverflowsToTheSecondAndForgetsItAfterwards()
    {
        FillFirst();
        ulong hash = Hash(distance: 6, tag: 77);
        Assert.False(IsFound(hash, 0, 100));
        Assert.True(_index.TryAdd(hash, 0, 100));
        Assert.Equal(1u, OverflowCount);
        Assert.Equal(1u << ReturnIndex.BucketLength, _index.Candidates(hash));
        Assert.True(IsFound(hash, 0, 100));

        // Still found when the first bucket has room again, and the first slot's pointer and count do not disturb each other.
        EmptyFirst();
        Assert.True(IsFound(hash, 0, 100));
        FillFirst();
        Assert.Equal(1u, OverflowCount);
        Assert.True(IsFound(hash, 0, 100));

        _index.Remove(hash, 0, 100);
        Assert.Equal(0u, OverflowCount);
        Assert.False(IsFound(hash, 0, 100));
        EmptyFirst();
        Assert.Equal(-1, Slots.IndexOfAnyExcept(0UL));
    }

    [Fact]
    public void TheSecondBucketIsAlwaysAnotherOne()
    {
        FillFirst();
        for (uint distance = 0; distance < BucketCount; distance++)
        {
            Assert.True(_index.TryAdd(Hash(distance, tag: 1000), 0, 100 + distance));
            Assert.Equal(ReturnIndex.BucketLength + distance + 1, (uint)BucketCount * ReturnIndex.BucketLength - (uint)Slots.Count(0UL));
            Assert.Equal(distance + 1, OverflowCount);
        }
    }

    [Fact]
    public void TwoFullBucketsRefuseAndNothingHasChanged()
    {
        FillFirst();
        for (uint i = 0; i < ReturnIndex.BucketLength; i++) Assert.True(_index.TryAdd(Hash(6, tag: 50 + i), 0, 50 + i));
        ulong[] before = Slots.ToArray();
        Assert.False(_index.TryAdd(Hash(6, tag: 99), 0, 99));
        Assert.Equal(before, Slots.ToArray());
        Assert.Equal((uint)ReturnIndex.BucketLength, OverflowCount);
    }

    [Fact]
    public void ABucketThatCannotCountFurtherRefusesAndNothingHasChanged()
    {
        FillFirst();
        for (uint i = 0; i < ReturnIndex.MaxOverflow; i++)
            Assert.True(_index.TryAdd(Hash(distance: 2 * (i % (BucketCount / 2)), tag: 100 + i), 0, 100 + i));
        Assert.Equal(ReturnIndex.MaxOverflow, OverflowCount);
        ulong[] before = Slots.ToArray();
        for (uint distance = 0; distance < BucketCount; distance++) Assert.False(_index.TryAdd(Hash(distance, tag: 99), 0, 99));
        Assert.Equal(before, Slots.ToArray());
        Assert.Equal(-1, Slots[(int)(First * ReturnIndex.BucketLength)..][..ReturnIndex.BucketLength].IndexOf(0UL));

        for (uint i = 0; i < ReturnIndex.MaxOverflow; i++)
            _index.Remove(Hash(distance: 2 * (i % (BucketCount / 2)), tag: 100 + i), 0, 100 + i);
        Assert.Equal(0u, OverflowCount);
    }

    [Fact]
    public void AnIndexOfOneBucketHasNoSecond()
    {
        ReturnIndex<Ip4Session, Ip4Flow> index = _index;
        index.BucketMask = 0;
        for (uint i = 0; i < ReturnIndex.BucketLength; i++) Assert.True(index.TryAdd(Hash(0, tag: i + 1), 0, i));
        ulong[] before = Slots.ToArray();
        Assert.False(index.TryAdd(Hash(0, tag: 99), 0, 99));
        Assert.Equal(before, Slots.ToArray());
    }

    [Fact]
    public void TheLargestPointerLeavesTheCountAlone()
    {
        Assert.Equal(ReturnIndex.MaxEntries, Limits.Buckets * SessionTable.BucketLength);
        Assert.True(_index.TryAdd(Hash(0, tag: 0xFF_FFFF), ReturnIndex.MaxWorkers - 1, ReturnIndex.MaxEntries - 1));
        Assert.Equal(0u, OverflowCount);
        Assert.Equal(0xFFFF_FFFF_03FF_FFFF, Slots[(int)(First * ReturnIndex.BucketLength)]);
        Assert.Equal(ReturnIndex.MaxEntries - 1, ReturnBucket.EntryIndex(Slots[(int)(First * ReturnIndex.BucketLength)]));
    }

    [Fact]
    public void APointerInASecondBucketIsFoundWhileOthersComeAndGo()
    {
        // Two workers, each with pointers enough to overflow alone, fight for the slots of two buckets, either of which is
        // the other's second, while this thread looks for a pointer that stays in the second one and for whose sake the
        // first one's count is never 0.
        FillFirst();
        ulong hash = Hash(distance: 6, tag: 77);
        Assert.True(_index.TryAdd(hash, 0, 100));
        EmptyFirst();
        int missed = 0;
        var failures = new int[Churners];
        Thread[] churners = [.. Enumerable.Range(0, Churners).Select(i => new Thread(() => failures[i] = Churn((uint)i + 1)))];
        foreach (Thread churner in churners) churner.Start();
        while (churners.Any(churner => churner.IsAlive))
        {
            for (int i = 0; i < 1000; i++)
                if (!IsFound(hash, 0, 100)) missed++;
        }

        foreach (Thread churner in churners) churner.Join();
        Assert.Equal(0, missed);
        Assert.All(failures, count => Assert.Equal(0, count));
        Assert.Equal(1u, OverflowCount);
        _index.Remove(hash, 0, 100);
        Assert.Equal(-1, Slots.IndexOfAnyExcept(0UL));
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>Adds and removes a worker's pointers at random; answers how often one was not where it must be, -1 if none overflowed.</summary>
    private int Churn(uint worker)
    {
        const int Steps = 100_000;
        const int PointerCount = 24;
        var random = new Random((int)worker);
        var isIn = new bool[PointerCount];
        int failures = 0;
        int overflows = 0;
        for (int step = 0; step < Steps; step++)
        {
            int i = random.Next(PointerCount);
            ulong hash = ChurnHash(i);
            if (isIn[i]) _index.Remove(hash, worker, (uint)i);
            isIn[i] = !isIn[i] && _index.TryAdd(hash, worker, (uint)i);
            if (IsFound(hash, worker, (uint)i) != isIn[i]) failures++;
            if (_index.Candidates(hash) >> ReturnIndex.BucketLength != 0) overflows++;
        }

        for (int i = 0; i < PointerCount; i++)
            if (isIn[i]) _index.Remove(ChurnHash(i), worker, (uint)i);
        return overflows == 0 ? -1 : failures;
    }

    /// <summary>Of the first bucket under test, or of the one that is its second and whose second it is.</summary>
    private static ulong ChurnHash(int i) => Hash(distance: 6, tag: (uint)i + 1) ^ (i % 3 == 0 ? 7u : 0u);

    private void FillFirst()
    {
        for (uint i = 0; i < ReturnIndex.BucketLength; i++) Assert.True(_index.TryAdd(Hash(0, tag: i + 1), 0, i));
    }

    private void EmptyFirst()
    {
        for (uint i = 0; i < ReturnIndex.BucketLength; i++) _index.Remove(Hash(0, tag: i + 1), 0, i);
    }

    private bool IsFound(ulong hash, uint worker, uint entryIndex)
    {
        for (uint candidates = _index.Candidates(hash); candidates != 0; candidates &= candidates - 1)
            if (_index.Entry(hash, BitOperations.TrailingZeroCount(candidates)) == _index.WorkerEntries[worker] + entryIndex) return true;
        return false;
    }

    /// <summary>A hash of the first bucket under test whose second bucket is so far away (made odd) in the index.</summary>
    private static ulong Hash(uint distance, uint tag) =>
        First | ((ulong)distance << ReturnIndex.SecondBucketShift) | ((ulong)tag << ReturnIndex.TagShift);
}
