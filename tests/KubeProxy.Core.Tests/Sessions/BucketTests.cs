using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Net;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Sessions;

/// <summary>Finding a flow in a bucket: the vector way against the plain way, on buckets made to be mistaken.</summary>
public abstract unsafe class BucketTests<TSession, TFlow> : IDisposable
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    private static readonly uint[] Kinds =
        [SessionKind.Udp, SessionKind.Sctp, SessionKind.Other, SessionKind.TcpOpening, SessionKind.TcpEstablished, SessionKind.TcpClientClosed, SessionKind.TcpPodClosed, SessionKind.TcpClosing];

    private static readonly uint[] Classes = [FlowClass.Udp, FlowClass.Sctp, FlowClass.Other, FlowClass.Tcp];

    private readonly DataPathMemory _memory = new();

    protected BucketTests() => Bucket = _memory.Allocate<TSession>(SessionTable.BucketLength);

    private TSession* Bucket { get; }

    protected abstract int FindScalar(TSession* bucket, TFlow* flow);

    protected abstract int FindVector256(TSession* bucket, TFlow* flow);

    protected abstract uint FindFreshScalar(TSession* bucket, TFlow* wanted);

    protected abstract uint FindFreshVector256(TSession* bucket, TFlow* wanted);

    [Fact]
    [Trait("Defect", "D18")]
    [Trait("Defect", "A-12")]
    public void VectorAndScalarAgreeOnRandomBuckets()
    {
        // Few values per field, so that near misses in one field are the rule.
        var fields = Gen.Select(Gen.UInt[1, 2], Gen.UInt[1, 2], Gen.Int[1, 2], Gen.Int[1, 2], Gen.Int[0, 5]);
        Gen.Select(Gen.Select(fields, Gen.UInt[0, 2]).Array[4], fields).Sample(
            (entries, wanted) =>
            {
                for (int i = 0; i < entries.Length; i++)
                {
                    (uint client, uint vip, int clientPort, int vipPort, int kind) = entries[i].Item1;
                    Fill(i, client, vip, clientPort, vipPort, Kinds[kind], entries[i].Item2);
                }

                TFlow flow = FlowFactory.Create<TFlow>(
                    wanted.Item1, wanted.Item2, (ushort)wanted.Item3, (ushort)wanted.Item4, Classes[wanted.Item5 % 4]);
                int found = FindScalar(Bucket, &flow);
                Assert.Equal(found, FindVector256(Bucket, &flow));
                CheckFresh(&flow, found);
            },
            iter: 50_000,
            threads: 1);
    }

    [Theory]
    [InlineData(SessionKind.TcpEstablished, 7u, SessionKind.TcpEstablished, 7u, true)]
    [InlineData(SessionKind.TcpEstablished, 6u, SessionKind.TcpEstablished, 7u, false)]
    [InlineData(SessionKind.TcpOpening, 7u, SessionKind.TcpEstablished, 7u, false)]
    [InlineData(SessionKind.TcpClosing, 7u, SessionKind.TcpEstablished, 7u, false)]
    [InlineData(SessionKind.TcpClientClosed, 7u, SessionKind.TcpEstablished, 7u, false)]
    [InlineData(SessionKind.TcpPodClosed, 7u, SessionKind.TcpEstablished, 7u, false)]
    public void OnlyASessionOfThisTickAndKindIsFresh(uint kind, uint tick, uint wantedKind, uint wantedTick, bool isFresh)
    {
        Fill(2, 1, 2, 3, 4, kind, 9);
        *TSession.Value(Bucket + 2) = SessionValue.Pack(9, kind, tick);
        TFlow flow = FlowFactory.Create<TFlow>(1, 2, 3, 4, FlowClass.Tcp);
        uint stamp = SessionValue.Pack(0, wantedKind, wantedTick);
        uint expected = isFresh ? *TSession.Value(Bucket + 2) : 0;
        TFlow.SetClass(&flow, stamp);
        Assert.Equal(expected, FindFreshScalar(Bucket, &flow));
        Assert.Equal(expected, FindFreshVector256(Bucket, &flow));
        Assert.Equal(expected, TSession.FindFresh(Bucket, &flow));
    }

    [Fact]
    [Trait("Defect", "D7")]
    [Trait("Defect", "A-11")]
    public void TcpAndUdpWithEqualTuplesAreTwoSessions()
    {
        Fill(0, 1, 2, 3, 4, SessionKind.Udp, 9);
        Fill(2, 1, 2, 3, 4, SessionKind.TcpEstablished, 9);
        Assert.Equal(0, Find(1, 2, 3, 4, FlowClass.Udp));
        Assert.Equal(2, Find(1, 2, 3, 4, FlowClass.Tcp));
        Assert.Equal(-1, Find(1, 2, 3, 4, FlowClass.Sctp));
    }

    [Fact]
    public void EveryPositionIsFoundAndAnEmptyEntryIsNot()
    {
        for (int position = 0; position < SessionTable.BucketLength; position++)
        {
            Fill(position, 1, 2, 3, 4, SessionKind.Udp, 9);
            Assert.Equal(position, Find(1, 2, 3, 4, FlowClass.Udp));
            *TSession.Value(Bucket + position) = 0;
            Assert.Equal(-1, Find(1, 2, 3, 4, FlowClass.Udp));
        }
    }

    [Fact]
    [Trait("Defect", "D7")]
    [Trait("Defect", "A-11")]
    public void OneDifferentBitAnywhereIsAnotherFlow()
    {
        for (int bit = 0; bit < (sizeof(TFlow) - sizeof(uint)) * 8; bit++)
        {
            Fill(1, 1, 2, 3, 4, SessionKind.Udp, 9);
            TFlow flow = FlowFactory.Create<TFlow>(1, 2, 3, 4, FlowClass.Udp);
            ((byte*)&flow)[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(-1, FindScalar(Bucket, &flow));
            Assert.Equal(-1, FindVector256(Bucket, &flow));
        }
    }

    [Theory]
    [InlineData((ushort)0)]
    [InlineData((ushort)8080)]
    public void OneDifferentBitOfAnAnswerMakesItNobodys(ushort targetPort)
    {
        PodRecord* pod = _memory.Allocate<PodRecord>(1);
        pod->Address6First = 0x0100_00FD;
        pod->Address6Second = 0x0700_0000_0000_0000;
        pod->TargetPortWire = Be16.FromHost(targetPort).Wire;
        Fill(1, 1, 2, 3, 4, SessionKind.Udp, 9);
        TFlow flow = FlowFactory.Create<TFlow>(1, 2, 3, 4, FlowClass.Udp);
        TFlow back = TSession.Return(&flow, pod);
        Assert.True(TSession.IsReturn(Bucket + 1, pod, &back));
        for (int bit = 0; bit < (sizeof(TFlow) - sizeof(uint)) * 8; bit++)
        {
            TFlow other = back;
            ((byte*)&other)[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(TSession.IsReturn(Bucket + 1, pod, &other));
        }

        flow = FlowFactory.Create<TFlow>(1, 2, 3, 4, FlowClass.Tcp);
        back = TSession.Return(&flow, pod);
        Assert.False(TSession.IsReturn(Bucket + 1, pod, &back));
    }

    [Fact]
    public void AnEntryGivesItsFlowBack()
    {
        foreach (uint kind in Kinds)
        {
            Fill(3, 0xC0A8_0101, 0x0A60_0001, 40_000, 80, kind, 9);
            TFlow expected = FlowFactory.Create<TFlow>(0xC0A8_0101, 0x0A60_0001, 40_000, 80, SessionValue.ClassOf(kind));
            Assert.Equal(expected, TSession.Flow(Bucket + 3));
        }
    }

    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool isDisposing)
    {
        if (isDisposing) _memory.Dispose();
    }

    /// <summary>Under the stamp of the entry that was found both ways find it again; under any other, neither does.</summary>
    private void CheckFresh(TFlow* flow, int found)
    {
        uint stamp = SessionValue.Stamp(found < 0 ? SessionValue.Pack(0, SessionKind.Udp, 0) : *TSession.Value(Bucket + found));
        TFlow wanted = *flow;
        TFlow.SetClass(&wanted, stamp);
        Assert.Equal(FindFreshScalar(Bucket, &wanted), FindFreshVector256(Bucket, &wanted));
        if (found >= 0) Assert.Equal(*TSession.Value(Bucket + found), FindFreshScalar(Bucket, &wanted));
        foreach (uint other in (uint[])[stamp ^ (1u << SessionValue.TickShift), stamp | 1, PacketBatch.NoStamp])
        {
            TFlow.SetClass(&wanted, other);
            Assert.Equal(0u, FindFreshScalar(Bucket, &wanted));
            Assert.Equal(0u, FindFreshVector256(Bucket, &wanted));
        }
    }

    private int Find(uint client, uint vip, ushort clientPort, ushort vipPort, uint flowClass)
    {
        TFlow flow = FlowFactory.Create<TFlow>(client, vip, clientPort, vipPort, flowClass);
        int found = FindScalar(Bucket, &flow);
        Assert.Equal(found, FindVector256(Bucket, &flow));
        Assert.Equal(found, TSession.FindInBucket(Bucket, &flow));
        return found;
    }

    private void Fill(int position, uint client, uint vip, int clientPort, int vipPort, uint kind, uint podSlot)
    {
        TFlow flow = FlowFactory.Create<TFlow>(client, vip, (ushort)clientPort, (ushort)vipPort, SessionValue.ClassOf(kind));
        TSession.Write(Bucket + position, &flow, podSlot == 0 ? 0 : SessionValue.Pack(podSlot, kind, 77));
    }
}

public sealed unsafe class Ip4BucketTests : BucketTests<Ip4Session, Ip4Flow>
{
    [Fact]
    public void ABucketIsOneCacheLine() => Assert.Equal(64, sizeof(Ip4Session) * SessionTable.BucketLength);

    protected override int FindScalar(Ip4Session* bucket, Ip4Flow* flow) => Ip4Session.FindScalar(bucket, flow);

    protected override int FindVector256(Ip4Session* bucket, Ip4Flow* flow) => Ip4Session.FindVector256(bucket, flow);

    protected override uint FindFreshScalar(Ip4Session* bucket, Ip4Flow* wanted) =>
        SessionTable.FindFreshScalar(bucket, wanted);

    protected override uint FindFreshVector256(Ip4Session* bucket, Ip4Flow* wanted) =>
        Ip4Session.FindFreshVector256(bucket, wanted);
}

public sealed unsafe class Ip6BucketTests : BucketTests<Ip6Session, Ip6Flow>
{
    [Fact]
    public void AnEntryIsOneCacheLine() => Assert.Equal(64, sizeof(Ip6Session));

    protected override int FindScalar(Ip6Session* bucket, Ip6Flow* flow) => Ip6Session.FindScalar(bucket, flow);

    protected override int FindVector256(Ip6Session* bucket, Ip6Flow* flow) => Ip6Session.FindVector256(bucket, flow);

    protected override uint FindFreshScalar(Ip6Session* bucket, Ip6Flow* wanted) =>
        SessionTable.FindFreshScalar(bucket, wanted);

    protected override uint FindFreshVector256(Ip6Session* bucket, Ip6Flow* wanted) =>
        Ip6Session.FindFreshVector256(bucket, wanted);
}
