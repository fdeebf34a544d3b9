using System.Buffers.Binary;
using System.Numerics;
using KubeProxy.Core.Net;
using Xunit;

namespace KubeProxy.Core.Tests.Net;

/// <summary>Hashes must spread any traffic over buckets and pods, and nobody may foresee a random key's collisions.</summary>
public abstract unsafe class FlowHashTests<TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    private const int BinsLog2 = 10;
    private const int FlowCount = 1 << 14;

    /// <summary>Bits of the hash that have a job: bucket, second bucket, tag in the return index.</summary>
    public static TheoryData<int> Shifts => [0, 32, 40];

    [Theory]
    [MemberData(nameof(Shifts))]
    public void SequentialClientPortsSpreadEvenly(int shift) =>
        AssertSpread(shift, i => FlowFactory.Create<TFlow>(0x0A00_0001, 0x0A60_0001, (ushort)i, 80, FlowClass.Tcp));

    [Theory]
    [MemberData(nameof(Shifts))]
    public void SequentialClientsSpreadEvenly(int shift) =>
        AssertSpread(shift, i => FlowFactory.Create<TFlow>(BinaryPrimitives.ReverseEndianness(0x0A00_0000 + (uint)i), 0x0A60_0001, 40_000, 80, FlowClass.Udp));

    [Theory]
    [MemberData(nameof(Shifts))]
    public void ClientsAndPortsInLockstepSpreadEvenly(int shift) =>
        AssertSpread(shift, i => FlowFactory.Create<TFlow>(BinaryPrimitives.ReverseEndianness(0x0A00_0000 + (uint)i), 0x0A60_0001, (ushort)(1024 + i), 80, FlowClass.Udp));

    [Theory]
    [MemberData(nameof(Shifts))]
    public void RandomFlowsSpreadEvenly(int shift)
    {
        var random = new Random(1);
        AssertSpread(shift, _ => FlowFactory.Create<TFlow>((uint)random.NextInt64(), (uint)random.NextInt64(), (ushort)random.Next(), (ushort)random.Next(), FlowClass.Tcp));
    }

    [Fact]
    public void EveryInputBitChangesAboutHalfOfTheHash()
    {
        var random = new Random(2);
        const int samples = 1000;
        for (int bit = 0; bit < sizeof(TFlow) * 8; bit++)
        {
            int changed = 0;
            for (int sample = 0; sample < samples; sample++)
            {
                TFlow flow = default;
                random.NextBytes(new Span<byte>(&flow, sizeof(TFlow)));
                FlowHash key = RandomKey(random);
                ulong before = TFlow.Hash(&flow, &key);
                ((byte*)&flow)[bit / 8] ^= (byte)(1 << (bit % 8));
                changed += BitOperations.PopCount(before ^ TFlow.Hash(&flow, &key));
            }

            double share = changed / (64.0 * samples);
            Assert.True(share is > 0.48 and < 0.52, $"bit {bit} changes {share:P1} of the hash");
        }
    }

    [Fact]
    [Trait("Defect", "D7")]
    [Trait("Defect", "A-11")]
    public void FlowsThatCollideUnderOneKeyDoNotCollideUnderAnother()
    {
        var random = new Random(3);
        FlowHash first = RandomKey(random);
        FlowHash second = RandomKey(random);
        List<(TFlow Left, TFlow Right)> collisions = FindCollisions(flow => Low(first, flow));
        Assert.True(collisions.Count > 1000);
        int again = collisions.Count(pair => SameBits(pair, flow => Low(second, flow)));
        Assert.True(again <= 5, $"{again} of {collisions.Count} pairs collide again");
    }

    [Fact]
    public void TheCollisionCheckCatchesASeededCrc()
    {
        List<(TFlow Left, TFlow Right)> collisions = FindCollisions(flow => Crc(1, flow));
        Assert.True(collisions.Count > 1000);
        Assert.All(collisions, pair => Assert.True(SameBits(pair, flow => Crc(0x1234_5678, flow))));
    }

    /// <summary>Pairs of flows that are equal in the low 16 bits of a hash.</summary>
    private static List<(TFlow Left, TFlow Right)> FindCollisions(Func<TFlow, uint> hash)
    {
        var random = new Random(4);
        var seen = new Dictionary<uint, TFlow>();
        var collisions = new List<(TFlow, TFlow)>();
        for (int i = 0; i < 20_000; i++)
        {
            TFlow flow = FlowFactory.Create<TFlow>((uint)random.NextInt64(), 0x0A60_0001, (ushort)random.Next(), 80, FlowClass.Tcp);
            if (!seen.TryAdd(hash(flow) & 0xFFFF, flow)) collisions.Add((seen[hash(flow) & 0xFFFF], flow));
        }

        return collisions;
    }

    private static bool SameBits((TFlow Left, TFlow Right) pair, Func<TFlow, uint> hash) =>
        (hash(pair.Left) & 0xFFFF) == (hash(pair.Right) & 0xFFFF);

    private static uint Low(FlowHash key, TFlow flow) => (uint)TFlow.Hash(&flow, &key);

    private static uint Crc(uint seed, TFlow flow)
    {
        for (int i = 0; i < sizeof(TFlow) / 8; i++) seed = BitOperations.Crc32C(seed, ((ulong*)&flow)[i]);
        return seed;
    }

    private static FlowHash RandomKey(Random random)
    {
        byte[] key = new byte[FlowHash.KeyBytes];
        random.NextBytes(key);
        return new FlowHash(key);
    }

    /// <summary>Chi-square over 1024 bins: mean 1023, standard deviation 45; for the fixed key and for some random ones.</summary>
    private static void AssertSpread(int shift, Func<int, TFlow> create)
    {
        var random = new Random(5);
        var flows = new TFlow[FlowCount];
        for (int i = 0; i < FlowCount; i++) flows[i] = create(i);
        for (int attempt = 0; attempt < 12; attempt++)
        {
            FlowHash key = attempt == 0 ? FlowHash.Choice : RandomKey(random);
            var bins = new int[1 << BinsLog2];
            fixed (TFlow* flow = flows)
            {
                for (int i = 0; i < FlowCount; i++) bins[(TFlow.Hash(flow + i, &key) >> shift) & ((1 << BinsLog2) - 1)]++;
            }

            Assert.InRange(ChiSquare(bins), 750, 1300);
        }
    }

    private static double ChiSquare(int[] bins)
    {
        double mean = FlowCount / (double)bins.Length;
        return bins.Sum(count => (count - mean) * (count - mean) / mean);
    }
}

public sealed unsafe class Ip4FlowHashTests : FlowHashTests<Ip4Flow>
{
    [Fact]
    public void TheChoiceOfAnIp4FlowIsTheSameInEveryRunAndRelease()
    {
        Ip4Flow flow = new() { Source = 0x0100_000A, Destination = 0x0100_600A, Ports = 0x5000_409C, Class = FlowClass.Tcp };
        FlowHash choice = FlowHash.Choice;
        Assert.Equal(0xB387_BD01_AE6D_0CACUL, FlowHash.Compute(&choice, &flow));
    }
}

public sealed unsafe class Ip6FlowHashTests : FlowHashTests<Ip6Flow>
{
    [Fact]
    public void TheChoiceOfAnIp6FlowIsTheSameInEveryRunAndRelease()
    {
        Ip6Flow flow = new()
        {
            SourceFirst = 0xB80D_0120,
            SourceSecond = 0x0100_0000_0000_0000,
            DestinationFirst = 0x9600_00FD,
            DestinationSecond = 0x0100_0000_0000_0000,
            Ports = 0x5000_409C,
            Class = FlowClass.Udp,
        };
        FlowHash choice = FlowHash.Choice;
        Assert.Equal(0xE4B6_DDF1_92CF_515AUL, FlowHash.Compute(&choice, &flow));
    }
}
