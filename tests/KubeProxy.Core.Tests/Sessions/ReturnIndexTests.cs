using System.Numerics;
using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

public sealed unsafe class ReturnIndexTests : IDisposable
{
    private const ulong OverflowMask = (ulong)ReturnIndex.MaxOverflow << ReturnIndex.OverflowShift;

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
        // Tags from a small set, the two tags that look empty (0 is stored as 1) among them, and empty slots. About every
        // second first bucket has an overflow count.
        Gen<ulong> pointers = Gen.OneOf(Gen.Const(0UL), Gen.Select(Gen.ULong[1, 4], Gen.ULong[0, 0xFF_03FF_FFFF], (tag, rest) => (tag << 40) | rest), Gen.ULong)
            .Select(slot => slot & ~OverflowMask);
        Gen<ulong> counts = Gen.OneOf(Gen.Const(0UL), Gen.ULong[1, ReturnIndex.MaxOverflow]);
        Gen.Select(pointers.Array[2 * ReturnIndex.BucketLength], counts, Gen.OneOf(Gen.ULong[0, 5], Gen.ULong[0, 0xFF_FFFF])).Sample(
            (slots, overflowCount, tag) =>
            {
                for (int i = 0; i < slots.Length; i++) _index.Slots[i] = slots[i];
                _index.Slots[0] |= overflowCount << ReturnIndex.OverflowShift;
                ulong hash = tag << 40;
                uint candidates = _index.CandidatesScalar(hash);
                Assert.Equal(candidates, _index.CandidatesVector256(hash));
                Assert.Equal(candidates, _index.Candidates(hash));
                for (int i = 0; i < slots.Length; i++)
                {
                    bool isLookedAt = i < ReturnIndex.BucketLength || overflowCount != 0;
                    Assert.Equal(isLookedAt && slots[i] >> 40 == Math.Max(tag, 1), (candidates >> i & 1) != 0);
                }
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
    public void TwoFullBucketsRefuseAndTakeAgainAfterARemoval()
    {
        for (uint i = 0; i < 2 * ReturnIndex.BucketLength; i++) Assert.True(_index.TryAdd(1, 0, i));
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
    [Trait("Defect", "A-22")]
    public void TwoWorkersThatAddAtOnceLoseNothing()
    {
        // Both race for the slots of few buckets, first ones and then second ones; every pointer that was taken in must be
        // there afterwards, once, and the counts must tell how many are in second buckets.
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

            uint counted = 0;
            for (int bucket = 0; bucket < 4; bucket++) counted += ReturnBucket.OverflowCount(_index.Slots + (bucket * ReturnIndex.BucketLength));

            var stored = new List<ulong>();
            uint inSecond = 0;
            for (int i = 0; i < 4 * ReturnIndex.BucketLength; i++)
            {
                stored.Add(_index.Slots[i] & ~OverflowMask);
                if ((stored[i] & 3) != (ulong)(i / ReturnIndex.BucketLength)) inSecond++;
            }

            Assert.Equal(added.SelectMany(pointers => pointers).Order(), stored.Order());
            Assert.Equal(inSecond, counted);
        }
    }

    public void Dispose() => _memory.Dispose();
}
