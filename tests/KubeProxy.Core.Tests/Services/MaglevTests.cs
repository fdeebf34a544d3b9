using System.Diagnostics;
using System.Runtime.InteropServices;
using CsCheck;
using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

public unsafe class MaglevTests
{
    // Both computed by an independent program that writes out whole permutations, as the paper draws them.
    private const string Golden = "2 3 1 1 2 5 2 2 1 5 4 2 1 3 4 1 1 4 5 5 3 4 1 5 2 2 3 4 3 5 3 4";
    private const ulong GoldenHash = 0x0CE8_6130_D458_060FUL;

    private static readonly Gen<MaglevPod[]> Pods =
        Gen.Select(Gen.UInt[0, 100], Gen.UShort[79, 82], (address, port) => (address, port)).HashSet[1, 200]
            .Select(keys => keys.Select((key, i) => new MaglevPod(key.address, key.port, (uint)i + 1, 1)).ToArray());

    private static readonly Gen<uint> Lengths = Gen.Int[0, 12].Select(log2 => 1u << log2);

    [Fact]
    public void EqualWeightsShareTheTableToWithinOneSlot() =>
        Gen.Select(Pods, Lengths).Sample((pods, length) =>
        {
            uint[] table = Fill(pods, length);
            int[] shares = pods.Select(pod => table.Count(slot => slot == pod.Slot)).ToArray();
            Assert.DoesNotContain(0u, table);
            Assert.True(shares.Max() - shares.Min() <= 1);
        });

    [Fact]
    public void TheOrderInWhichPodsAreGivenDoesNotMatter() =>
        Gen.Select(Pods, Lengths, Gen.Int).Sample((pods, length, seed) =>
        {
            MaglevPod[] shuffled = [.. pods];
            new Random(seed).Shuffle(shuffled);
            Assert.Equal(Fill(pods, length), Fill(shuffled, length));
        });

    [Fact]
    public void TheSlotsThatPodsHappenToHaveDoNotMatter() =>
        Gen.Select(Pods, Lengths, Gen.Int).Sample((pods, length, seed) =>
        {
            uint[] slots = [.. pods.Select(pod => pod.Slot)];
            new Random(seed).Shuffle(slots);
            uint[] relabelled = Fill(pods.Select((pod, i) => pod with { Slot = slots[i] }), length);
            Assert.Equal(Fill(pods, length).Select(slot => slots[slot - 1]), relabelled);
        });

    [Fact]
    public void EvenTheLightestPodHasASlot()
    {
        uint[] table = Fill([new(1, 80, 1, 1000), new(2, 80, 2, 1), new(3, 80, 3, 1000)], 16);
        Assert.Single(table, slot => slot == 2);
    }

    [Fact]
    public void SharesFollowTheWeights() =>
        Gen.Select(Gen.UInt[0, 20].Array[1, 30], Gen.Int[8, 12]).Sample((weights, log2) =>
        {
            MaglevPod[] pods = weights.Select((weight, i) => new MaglevPod((UInt128)i + 1, 80, (uint)i + 1, weight)).ToArray();
            uint length = 1u << log2;
            uint[] table = Fill(pods, length);
            double sum = weights.Sum(weight => weight);
            foreach (MaglevPod pod in pods)
            {
                double expected = sum == 0 ? 0 : length * (pod.Weight / sum);
                Assert.InRange(table.Count(slot => slot == pod.Slot), expected - (pods.Length / 2.0) - 2, expected + (pods.Length / 2.0) + 2);
            }
        });

    [Fact]
    public void APodOfWeightZeroIsNotInTheTable()
    {
        uint[] table = Fill([new(1, 80, 5, 1), new(2, 80, 6, 0)], 64);
        Assert.All(table, slot => Assert.Equal(5u, slot));
    }

    [Fact]
    public void WithoutPodsTheTableIsEmpty()
    {
        Assert.All(Fill([], 16), slot => Assert.Equal(0u, slot));
        Assert.All(Fill([new(1, 80, 5, 0)], 16), slot => Assert.Equal(0u, slot));
    }

    [Fact]
    public void WithMorePodsThanSlotsEverySlotHasItsOwnPod()
    {
        uint[] table = Fill(Numbered(100), 16);
        Assert.Equal(16, table.Distinct().Count());
        Assert.Equal(Enumerable.Range(1, 16).Select(slot => (uint)slot), table.Order());
    }

    [Fact]
    public void TheTableIsTheSameInEveryProcessAndVersion()
    {
        uint[] table = Fill(Numbered(5), 32);
        Assert.Equal(Golden, string.Join(' ', table));
        Assert.Equal(GoldenHash, Fingerprint(Fill(Numbered(1000), 65536)));
    }

    [Fact]
    public void RemovingOnePodOfTwentyMovesFewOfTheOthersSlots()
    {
        MaglevPod[] pods = Numbered(20);
        uint[] before = Fill(pods, 4096);
        uint[] after = Fill(pods.Where(pod => pod.Slot != 7), 4096);
        int moved = 0;
        for (int i = 0; i < before.Length; i++) moved += before[i] != 7 && before[i] != after[i] ? 1 : 0;
        Assert.InRange(moved, 0, 4096 * 5 / 100);
    }

    [Fact]
    public void AThousandPodsOn65536SlotsTakeMilliseconds()
    {
        MaglevPod[] pods = Numbered(1000);
        Fill(pods, 65536);
        long best = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            var watch = Stopwatch.StartNew();
            Fill(pods, 65536);
            best = Math.Min(best, watch.ElapsedMilliseconds);
        }

        Assert.InRange(best, 0, 100);
    }

    private static MaglevPod[] Numbered(int count) =>
        Enumerable.Range(1, count).Select(i => new MaglevPod(0x0A00_0000 + (UInt128)i, 3307, (uint)i, 1)).ToArray();

    private static ulong Fingerprint(uint[] table) => table.Aggregate(0UL, (hash, slot) => StableHash.Mix(hash ^ slot));

    private static uint[] Fill(IEnumerable<MaglevPod> pods, uint length)
    {
        var table = (uint*)NativeMemory.AlignedAlloc(length * sizeof(uint), 64);
        Maglev.Fill(pods.ToArray(), table, length);
        uint[] copy = new ReadOnlySpan<uint>(table, (int)length).ToArray();
        NativeMemory.AlignedFree(table);
        return copy;
    }
}
