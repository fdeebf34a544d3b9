using System.Numerics;
using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

public sealed unsafe class ReturnIndexTests : IDisposable
{
    private readonly DataPathMemory _memory = new();
    private readonly ReturnIndex<Ip4Session, Ip4Flow> _index;

    public ReturnIndexTests() => _index = new ReturnIndex<Ip4Session, Ip4Flow>
    {
        Slots = _memory.Allocate<ulong>(4 * ReturnIndex.BucketLength),
        BucketMask = 3,
    };

    [Fact]
    public void VectorAndScalarFindTheSameCandidates()
    {
        // Tags from a small set, the two tags that look empty (0 is stored as 1) among them, and empty slots.
        Gen<ulong> slots = Gen.OneOf(Gen.Const(0UL), Gen.Select(Gen.ULong[1, 4], Gen.ULong[0, 0xFF_FFFF_FFFF], (tag, rest) => (tag << 40) | rest), Gen.ULong);
        Gen.Select(slots.Array[ReturnIndex.BucketLength], Gen.OneOf(Gen.ULong[0, 5], Gen.ULong[0, 0xFF_FFFF])).Sample(
            (bucket, tag) =>
            {
                for (int i = 0; i < bucket.Length; i++) _index.Slots[i] = bucket[i];
                ulong hash = tag << 40;
                uint candidates = _index.CandidatesScalar(hash);
                Assert.Equal(candidates, _index.CandidatesVector256(hash));
                Assert.Equal(candidates, _index.Candidates(hash));
                for (int i = 0; i < bucket.Length; i++)
                    Assert.Equal(bucket[i] >> 40 == Math.Max(tag, 1), (candidates >> i & 1) != 0);
            },
            iter: 20_000,
            threads: 1);
    }

    [Fact]
    public void AHashWhoseTagIsZeroIsFoundAndAnEmptySlotIsNot()
    {
        Assert.Equal(0u, _index.Candidates(2));
        Assert.True(_index.TryAdd(2, worker: 3, entryIndex: 5));
        Assert.Equal(1, BitOperations.PopCount(_index.Candidates(2)));
    }

    [Fact]
    public void AFullBucketRefusesAndTakesAgainAfterARemoval()
    {
        for (uint i = 0; i < ReturnIndex.BucketLength; i++) Assert.True(_index.TryAdd(1, 0, i));
        Assert.False(_index.TryAdd(1, 0, 99));
        _index.Remove(1, 0, 4);
        Assert.True(_index.TryAdd(1, 0, 99));
    }

    [Fact]
    public void OnlyThePointerOfThatWorkerAndEntryIsRemoved()
    {
        Assert.True(_index.TryAdd(1, worker: 1, entryIndex: 7));
        Assert.True(_index.TryAdd(1, worker: 2, entryIndex: 7));
        _index.Remove(1, worker: 2, entryIndex: 7);
        _index.Remove(1, worker: 1, entryIndex: 8);
        Assert.Equal((1UL << 40) | (1UL << 32) | 7, _index.Slots[ReturnIndex.BucketLength]);
        Assert.Equal(0UL, _index.Slots[ReturnIndex.BucketLength + 1]);
    }

    [Fact]
    public void TwoWorkersThatAddAtOnceLoseNothing()
    {
        // Both race for the slots of few buckets; every pointer that was taken in must be there afterwards, once.
        for (int round = 0; round < 200; round++)
        {
            for (int i = 0; i < 4 * ReturnIndex.BucketLength; i++) _index.Slots[i] = 0;
            using var start = new Barrier(2);
            List<ulong>[] added = [[], []];
            Parallel.For(0, 2, worker =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                for (uint entry = 0; entry < 20; entry++)
                    if (_index.TryAdd(entry & 3, (uint)worker, entry)) added[worker].Add((1UL << 40) | ((ulong)worker << 32) | entry);
            });

            var stored = new List<ulong>();
            for (int i = 0; i < 4 * ReturnIndex.BucketLength; i++)
                if (_index.Slots[i] != 0) stored.Add(_index.Slots[i]);
            Assert.Equal(added.SelectMany(pointers => pointers).Order(), stored.Order());
            Assert.Equal(4 * ReturnIndex.BucketLength, stored.Count);
        }
    }

    public void Dispose() => _memory.Dispose();
}
