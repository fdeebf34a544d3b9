using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>TCP connections from the first SYN to the last FIN, and what happens to their sessions.</summary>
public sealed unsafe class TcpLifeStories
{
    private const byte SynAck = PacketSpec.Syn | PacketSpec.Ack;
    private const byte FinAck = PacketSpec.Fin | PacketSpec.Ack;

    public static TheoryData<IpFamily> Families => [IpFamily.Ip4, IpFamily.Ip6];

    [Theory]
    [MemberData(nameof(Families))]
    public void ASynAckThatAnotherWorkerSeesMakesTheConnectionEstablished(IpFamily family)
    {
        using var site = new Connection(family, workerCount: 2);
        _ = site.Client(PacketSpec.Syn);
        Assert.Equal(SessionKind.TcpOpening, site.Kind);
        site.Pod(SynAck, worker: 1);
        Assert.Equal(SessionKind.TcpEstablished, site.Kind);

        // The established timeout counts from here, and no packet of the client was needed.
        site.Pass(90);
        Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Ack));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AConnectionClosedByTheClientThenByThePodIsForgottenSoon(IpFamily family)
    {
        using var site = Connection.Open(family);
        _ = site.Client(FinAck);
        Assert.Equal(SessionKind.TcpClientClosed, site.Kind);
        site.Pod(PacketSpec.Ack);
        site.Pod(FinAck);
        Assert.Equal(SessionKind.TcpClosing, site.Kind);
        _ = site.Client(PacketSpec.Ack, payloadBytes: 0);
        Assert.Equal(SessionKind.TcpClosing, site.Kind);
        site.Pass(59);
        Assert.True(site.Pod(FinAck));
        Assert.Equal(SessionUse.Existing, site.Client(PacketSpec.Ack, payloadBytes: 0).Use);
        site.Pass(62);
        Assert.False(site.Pod(FinAck));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AConnectionClosedByThePodThenByTheClientIsForgottenSoon(IpFamily family)
    {
        using var site = Connection.Open(family);
        site.Pod(FinAck);
        Assert.Equal(SessionKind.TcpPodClosed, site.Kind);
        _ = site.Client(PacketSpec.Ack, payloadBytes: 100);
        Assert.Equal(SessionKind.TcpPodClosed, site.Kind);
        _ = site.Client(FinAck);
        Assert.Equal(SessionKind.TcpClosing, site.Kind);
        site.Pass(62);
        Assert.False(site.Pod(PacketSpec.Ack));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AFinSentTwiceByOneSideClosesOneSideOnly(IpFamily family)
    {
        using var site = Connection.Open(family);
        for (int i = 0; i < 3; i++) _ = site.Client(FinAck);
        Assert.Equal(SessionKind.TcpClientClosed, site.Kind);

        // The pod goes on sending, with pauses: the half that is open has the established timeout.
        for (int i = 0; i < 3; i++)
        {
            site.Pass(90);
            Assert.True(site.Pod(PacketSpec.Ack));
        }

        for (int i = 0; i < 3; i++) site.Pod(FinAck);
        Assert.Equal(SessionKind.TcpClosing, site.Kind);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AResetThatTheOtherSideDoesNotAcceptKillsNothing(IpFamily family)
    {
        using var site = Connection.Open(family);
        _ = site.Client(PacketSpec.Rst, payloadBytes: 0);
        Assert.Equal(SessionKind.TcpClosing, site.Kind);

        // The pod challenges it with a bare ACK, which proves nothing; data does.
        Assert.True(site.Pod(PacketSpec.Ack, payloadBytes: 0));
        Assert.Equal(SessionKind.TcpClosing, site.Kind);
        Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Ack));
        Assert.Equal(SessionKind.TcpEstablished, site.Kind);
        site.Pod(PacketSpec.Rst, payloadBytes: 0);
        Assert.Equal(SessionKind.TcpClosing, site.Kind);
        Assert.True(site.Pod(PacketSpec.Ack));
        site.Pass(90);
        Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Ack));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AConnectionThatWasResetIsForgottenSoon(IpFamily family)
    {
        using var site = Connection.Open(family);
        site.Pod(PacketSpec.Rst | PacketSpec.Ack, payloadBytes: 0);
        Assert.Equal(SessionKind.TcpClosing, site.Kind);
        site.Pass(62);
        Assert.Equal(SessionUse.First, site.Client(PacketSpec.Ack).Use);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ASynReopensAClosingSessionOnTheSamePod(IpFamily family)
    {
        using var site = Connection.Open(family);
        _ = site.Client(FinAck);
        site.Pod(FinAck);
        Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Syn));
        Assert.Equal(SessionKind.TcpOpening, site.Kind);
        site.Pod(SynAck);
        Assert.Equal(SessionKind.TcpEstablished, site.Kind);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AConnectionThatThePodHalfForgotIsOpenedAnewThroughItsReset(IpFamily family)
    {
        // The client starts again on a port whose old connection the pod still holds: RFC 9293 section 3.5.1, figure 9.
        using var site = Connection.Open(family);
        _ = site.Client(PacketSpec.Syn);
        Assert.Equal(SessionKind.TcpEstablished, site.Kind);
        Assert.True(site.Pod(PacketSpec.Ack, payloadBytes: 0));
        _ = site.Client(PacketSpec.Rst, payloadBytes: 0);
        Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Syn));
        site.Pod(SynAck);
        Assert.Equal(SessionKind.TcpEstablished, site.Kind);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ASynOnAClosingSessionOfARemovedPodGoesToAPodThatServes(IpFamily family)
    {
        using var site = Connection.Open(family);
        _ = site.Client(FinAck);
        site.Pod(FinAck);
        site.RemovePod(site.FirstPod);
        Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Ack, payloadBytes: 0));
        (SessionUse use, uint pod) = site.Client(PacketSpec.Syn);
        Assert.Equal(SessionUse.First, use);
        Assert.NotEqual(site.FirstPod, pod);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AConnectionOfARemovedPodMayBeClosedInPeace(IpFamily family)
    {
        using var site = Connection.Open(family);
        site.RemovePod(site.FirstPod);
        Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(FinAck));
        Assert.True(site.Pod(FinAck));
        Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Ack, payloadBytes: 0));
        Assert.Equal(SessionKind.TcpClosing, site.Kind);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AFlagInAFrameOfDataIsNotOverlooked(IpFamily family)
    {
        using var site = Connection.Open(family);
        _ = site.Client(PacketSpec.Ack);
        TestPacket data = site.Request(PacketSpec.Ack, 20);
        TestPacket fin = site.Request(FinAck, 20);
        Verdict[] verdicts = site.Path.Forward(family, 0, data, data, fin, data);
        Assert.All(verdicts, verdict => Assert.Equal((SessionUse.Existing, site.FirstPod), (verdict.Session, verdict.PodSlot)));
        Assert.Equal(SessionKind.TcpClientClosed, site.Kind);
    }
}
