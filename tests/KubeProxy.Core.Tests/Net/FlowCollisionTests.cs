using System.Numerics;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Net;

/// <summary>
/// An attacker who knows a hash sends 10,000 flows that all fall into one bucket. Under the hash that session tables have, whose key
/// nobody knows, they are 10,000 flows like any others.
/// </summary>
public sealed unsafe class FlowCollisionTests
{
    private const int FlowCount = 10_000;
    private const int BucketsLog2 = 12;
    private const uint BucketMask = (1u << BucketsLog2) - 1;

    /// <summary>Flows beyond the four of a bucket among 10,000 that chance spreads over 4096, by Poisson: 643; the standard deviation is 35.</summary>
    private const int ExpectedOverflow = 643;

    private const int OverflowMargin = 200;

    private static readonly Lazy<Ip4Flow[]> UnderChoice = new(() => Collide(FlowHash.Choice));

    /// <summary>Each hash of the plugin that this one replaces, and the one whose key is in the source: known to everybody.</summary>
    public static TheoryData<string> KnownHashes => ["crc32c", "choice"];

    [Theory]
    [Trait("Defect", "D7")]
    [Trait("Defect", "A-11")]
    [MemberData(nameof(KnownHashes))]
    public void TenThousandFlowsThatCollideUnderAKnownHashOverflowNoMoreBucketsThanAnyOthers(string known)
    {
        Ip4Flow[] flows = Colliding(known);
        Assert.Equal(FlowCount - SessionTable.BucketLength, Overflow(flows, known == "choice" ? HashOf(FlowHash.Choice) : Crc));
        var random = new Random(11);
        for (int attempt = 0; attempt < 20; attempt++)
        {
            byte[] key = new byte[FlowHash.KeyBytes];
            random.NextBytes(key);
            Assert.InRange(Overflow(flows, HashOf(new FlowHash(key))), ExpectedOverflow - OverflowMargin, ExpectedOverflow + OverflowMargin);
        }
    }

    /// <summary>The same in a whole session table of 16,384 places: it remembers every one of them.</summary>
    [Theory]
    [Trait("Defect", "A-11")]
    [Trait("Defect", "D7")]
    [MemberData(nameof(KnownHashes))]
    public void ASessionTableRemembersThemAll(string known)
    {
        using var fixture = new DataPathFixture(new DataPathOptions { BucketCount = 1 << BucketsLog2, ReturnBucketCount = 1 << BucketsLog2 });
        SessionTable<Ip4Session, Ip4Flow>* table = &fixture.Worker()->Sessions4;
        fixture.AddPod(1, Site.Pod(IpFamily.Ip4, 1, 80));
        Ip4Flow[] flows = Colliding(known);
        int remembered = flows.Count(flow => Add(fixture, table, flow));
        Assert.Equal(FlowCount, remembered);
    }

    /// <summary>The bucket of a session says nothing about its pod: the two hashes have different keys.</summary>
    [Fact]
    [Trait("Defect", "A-11")]
    [Trait("Defect", "D7")]
    public void FlowsOfOneBucketShareThePodsOfATable()
    {
        byte[] key = new byte[FlowHash.KeyBytes];
        new Random(12).NextBytes(key);
        Ip4Flow[] flows = Collide(new FlowHash(key));
        Assert.InRange(Overflow(flows, HashOf(FlowHash.Choice)), ExpectedOverflow - OverflowMargin, ExpectedOverflow + OverflowMargin);
    }

    private static Ip4Flow[] Colliding(string known) => known == "choice" ? UnderChoice.Value : CollideUnderCrc();

    private static bool Add(DataPathFixture fixture, SessionTable<Ip4Session, Ip4Flow>* table, Ip4Flow flow)
    {
        FlowHash key = fixture.Shared->SessionKey;
        return table->TryAdd(&flow, FlowHash.Compute(&key, &flow), 1, SessionKind.Udp);
    }

    private static int Overflow(Ip4Flow[] flows, Func<Ip4Flow, ulong> hash) =>
        flows.GroupBy(flow => (uint)hash(flow) & BucketMask).Sum(bucket => Math.Max(0, bucket.Count() - SessionTable.BucketLength));

    private static Func<Ip4Flow, ulong> HashOf(FlowHash key) => flow =>
    {
        FlowHash copy = key;
        return FlowHash.Compute(&copy, &flow);
    };

    /// <summary>By trying: one flow in 4096 falls into the bucket.</summary>
    private static Ip4Flow[] Collide(FlowHash key)
    {
        var flows = new Ip4Flow[FlowCount];
        int count = 0;
        for (int i = 0; count < FlowCount; i++)
        {
            Ip4Flow flow = Flow(i);
            if (((uint)FlowHash.Compute(&key, &flow) & BucketMask) == 1) flows[count++] = flow;
        }

        return flows;
    }

    /// <summary>By arithmetic, as CRC is linear: whatever the address, some client port brings the flow into the bucket.</summary>
    private static Ip4Flow[] CollideUnderCrc()
    {
        var portFor = new Dictionary<uint, ushort>();
        for (int port = 0; port <= ushort.MaxValue; port++) portFor.TryAdd((uint)(Crc(Flow(0) with { SourcePortWire = (ushort)port }) ^ Crc(Flow(0) with { SourcePortWire = 0 })) & BucketMask, (ushort)port);
        return [.. Enumerable.Range(0, FlowCount).Select(i => Flow(i) with { SourcePortWire = 0 }).Select(flow => flow with { SourcePortWire = portFor[((uint)Crc(flow) ^ 1) & BucketMask] })];
    }

    private static ulong Crc(Ip4Flow flow) => BitOperations.Crc32C(BitOperations.Crc32C(0, ((ulong*)&flow)[0]), ((ulong*)&flow)[1]);

    private static Ip4Flow Flow(int i) => new()
    {
        Source = (uint)i * 2654435761,
        Destination = 0x0A60_0001,
        SourcePortWire = (ushort)(1024 + (i % 60_000)),
        DestinationPortWire = 0x5000,
        Class = FlowClass.Udp,
    };
}
