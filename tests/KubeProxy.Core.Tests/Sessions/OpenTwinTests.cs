using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Tests.Net;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

/// <summary>The short way to a new session leaves what the general way leaves, bit by bit, or nothing at all.</summary>
public sealed unsafe class OpenTwinTests
{
    private const uint SessionBuckets = 16;
    private static readonly Gen<(ushort Port, uint PodSlot)[]> Flows = Gen.Select(Gen.UShort[1, 60], Gen.UInt[1, 2]).Array[0, 90];

    [Theory]
    [InlineData(64u)]
    [InlineData(4u)]
    public void AnIp4TableIsTheSameWhicheverWayItsSessionsWereOpened(uint returnBuckets) => Flows.Sample(
        flows => AreSame(flows, returnBuckets, IpFamily.Ip4, fixture => (nint)(&fixture.Worker()->Sessions4), Open<Ip4Session, Ip4Flow>), iter: 150);

    [Theory]
    [InlineData(64u)]
    [InlineData(4u)]
    public void AnIp6TableIsTheSameWhicheverWayItsSessionsWereOpened(uint returnBuckets) => Flows.Sample(
        flows => AreSame(flows, returnBuckets, IpFamily.Ip6, fixture => (nint)(&fixture.Worker()->Sessions6), Open<Ip6Session, Ip6Flow>), iter: 150);

    [Fact]
    public void TheShortWayIsTakenByMostAndLeftBySome()
    {
        using DataPathFixture fixture = Start(64, IpFamily.Ip4);
        int opened = Enumerable.Range(1, 60).Count(port =>
            Open<Ip4Session, Ip4Flow>(fixture, (nint)(&fixture.Worker()->Sessions4), ((ushort)port, 1), isShort: true));
        Assert.InRange(opened, 30, 59);
    }

    private static bool AreSame(
        (ushort Port, uint PodSlot)[] flows, uint returnBuckets, IpFamily family, Func<DataPathFixture, nint> table, Opener open)
    {
        using DataPathFixture mixed = Start(returnBuckets, family);
        using DataPathFixture general = Start(returnBuckets, family);
        foreach ((ushort Port, uint PodSlot) flow in flows)
        {
            open(mixed, table(mixed), flow, isShort: true);
            open(general, table(general), flow, isShort: false);
            if (!ImageOf(mixed, table(mixed), family).SequenceEqual(ImageOf(general, table(general), family))) return false;
        }

        Audit(mixed, table(mixed), family);
        return true;
    }

    private delegate bool Opener(DataPathFixture fixture, nint table, (ushort Port, uint PodSlot) flow, bool isShort);

    /// <summary>Opens a flow; answers whether the short way did. A refusal of the short way must change nothing, and the general way follows.</summary>
    private static bool Open<TSession, TFlow>(DataPathFixture fixture, nint at, (ushort Port, uint PodSlot) wanted, bool isShort)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        SessionTable<TSession, TFlow>* table = (SessionTable<TSession, TFlow>*)at;
        TFlow flow = FlowFactory.Create<TFlow>(1, 2, wanted.Port, 80, FlowClass.Udp);
        ulong hash = TFlow.Hash(&flow, &fixture.Shared->SessionKey);
        if (table->Find(&flow, hash) != SessionTable.NotFound) return false;
        TFlow back = TSession.Return(&flow, fixture.Shared->Pods + wanted.PodSlot);
        ulong answerHash = TFlow.Hash(&back, &fixture.Shared->SessionKey);
        byte[] before = TableAudit.Image(table, fixture.Options);
        if (isShort && table->TryOpen(&flow, hash, answerHash, wanted.PodSlot, SessionKind.Udp)) return true;
        Assert.Equal(before, TableAudit.Image(table, fixture.Options));
        _ = table->TryAdd(&flow, hash, wanted.PodSlot, SessionKind.Udp);
        return false;
    }

    private static DataPathFixture Start(uint returnBuckets, IpFamily family)
    {
        DataPathFixture fixture = new(new DataPathOptions { BucketCount = SessionBuckets, ReturnBucketCount = returnBuckets });
        for (int pod = 1; pod <= 2; pod++) fixture.AddPod(0, Site.Pod(family, pod, 8080));
        return fixture;
    }

    /// <summary>The table's memory without its pointers, which differ from fixture to fixture.</summary>
    private static byte[] ImageOf(DataPathFixture fixture, nint table, IpFamily family) => family == IpFamily.Ip4
        ? TableAudit.Contents((SessionTable<Ip4Session, Ip4Flow>*)table, fixture.Options)
        : TableAudit.Contents((SessionTable<Ip6Session, Ip6Flow>*)table, fixture.Options);

    private static void Audit(DataPathFixture fixture, nint table, IpFamily family)
    {
        if (family == IpFamily.Ip4) TableAudit.Check(fixture.Worker(), (SessionTable<Ip4Session, Ip4Flow>*)table, fixture.Options);
        else TableAudit.Check(fixture.Worker(), (SessionTable<Ip6Session, Ip6Flow>*)table, fixture.Options);
    }
}
