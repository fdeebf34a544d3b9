using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Answers: whose they are, on which worker they arrive, and when they are nobody's.</summary>
public sealed unsafe class ReturnStories
{
    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AClientThatTalksToAPodDirectlyGetsItsAnswerUntouched(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(protocol);
        uint pod = site.Forward(request).PodSlot;
        var others = new List<TestPacket>
        {
            site.Answer(request with { From = Site.Client(family, 1, 40_001) }, pod),
            site.Answer(request with { From = Site.Client(family, 2) }, pod),
            site.Answer(request, pod) with { From = Site.Pod(family, 1, 8081) },
            site.Answer(request, pod) with { From = Site.Pod(family, 77, 8080) },
            site.Answer(request, pod) with { Protocol = protocol == IpProtocol.Tcp ? IpProtocol.Udp : IpProtocol.Tcp },
        };
        Verdict[] verdicts = site.Path.Return(family, 0, [.. others]);
        for (int i = 0; i < others.Count; i++)
        {
            Assert.NotEqual(Outcome.Translated, verdicts[i].Outcome);
            Assert.Equal(others[i].Bytes, verdicts[i].Bytes);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AnAnswerThatArrivesOnAnotherWorkerIsTranslatedAndKeepsTheSessionAlive(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, new DataPathOptions { WorkerCount = 2, TcpTimeoutSeconds = 100 });
        PacketSpec request = site.Request(protocol);
        uint pod = site.Path.Forward(family, 0, request)[0].PodSlot;
        byte[] answer = site.Answer(request, pod).Build();
        for (int round = 0; round < 5; round++)
        {
            site.Path.Pass(80);
            Verdict back = site.Path.Return(family, 1, answer)[0];
            Assert.Equal(Translation.FromVip(answer, request.To), back.Bytes);
        }

        Assert.Equal(SessionUse.Existing, site.Path.Forward(family, 0, request)[0].Session);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AWorkerWhoseClockIsASecondBehindTrustsAFreshSession(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, new DataPathOptions { WorkerCount = 2, TcpTimeoutSeconds = 100 });
        PacketSpec request = site.Request(protocol);
        site.Path.Pass(0, 1);
        uint pod = site.Path.Forward(family, 0, request)[0].PodSlot;
        byte[] answer = site.Answer(request, pod).Build();
        Assert.Equal(Translation.FromVip(answer, request.To), site.Path.Return(family, 1, answer)[0].Bytes);

        // And the other way round: the owner is behind the worker that refreshed its session.
        site.Path.Pass(1, 2);
        _ = site.Path.Return(family, 1, answer);
        Assert.Equal((SessionUse.Existing, pod), (site.Path.Forward(family, 0, request)[0].Session, pod));
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AFlowThatMovedToAnotherWorkerKeepsItsAnswersWhenTheOldSessionIsOver(IpFamily family, byte protocol)
    {
        // Both workers hold the flow, the older one first in the return index; only the newer one is kept alive.
        using var site = new Topology(family, new DataPathOptions { WorkerCount = 2, TcpTimeoutSeconds = 100 });
        PacketSpec request = site.Request(protocol);
        uint pod = site.Path.Forward(family, 0, request)[0].PodSlot;
        for (int round = 0; round < 4; round++)
        {
            Assert.Equal(pod, site.Path.Forward(family, 1, request)[0].PodSlot);
            site.Path.Pass(1, 40);
        }

        byte[] answer = site.Answer(request, pod).Build();
        Assert.Equal(Translation.FromVip(answer, request.To), site.Path.Return(family, 1, answer)[0].Bytes);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void TwoVipsWithOnePodAnswerEachWithTheirOwnAddress(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, new DataPathOptions { BucketCount = 512, ReturnBucketCount = 512 });
        SetSecondVip(site, protocol, Site.Pod(family, 1, 8080), Site.Pod(family, 2, 8080));
        for (int port = 1; port <= 50; port++)
        {
            PacketSpec toFirst = site.Request(protocol, port);
            PacketSpec toSecond = toFirst with { To = Site.Vip(family, 3), From = Site.Client(family, 2, port) };
            uint first = site.Forward(toFirst).PodSlot;
            Verdict second = site.Forward(new TestPacket(toSecond.Build(), VipSlot: 3));
            byte[] firstAnswer = site.Answer(toFirst, first).Build();
            byte[] secondAnswer = (site.Answer(toSecond, 1) with { From = PodOf(site, second.PodSlot) }).Build();
            Assert.Equal(Translation.FromVip(firstAnswer, toFirst.To), site.Return(firstAnswer).Bytes);
            Assert.Equal(Translation.FromVip(secondAnswer, toSecond.To), site.Return(secondAnswer).Bytes);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AClientPortThatComesThroughTwoVipsGetsTwoPods(IpFamily family, byte protocol)
    {
        // The answers of one pod could not be told apart, so the second flow goes to another one.
        using var site = new Topology(family, new DataPathOptions { BucketCount = 512, ReturnBucketCount = 512 });
        SetSecondVip(site, protocol, [.. Enumerable.Range(1, 4).Select(number => Site.Pod(family, number, 8080))]);
        for (int port = 1; port <= 60; port++)
        {
            PacketSpec toFirst = site.Request(protocol, port);
            PacketSpec toSecond = toFirst with { To = Site.Vip(family, 3) };
            uint first = site.Forward(toFirst).PodSlot;
            Verdict second = site.Forward(new TestPacket(toSecond.Build(), VipSlot: 3));
            Assert.Equal(SessionUse.First, second.Session);
            Assert.NotEqual(site.PodOf(first, 80), PodOf(site, second.PodSlot));
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AClientPortThatComesThroughTwoVipsWithTheSameOnlyPodIsDropped(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        PacketSpec toFirst = site.Request(protocol);
        uint first = site.Forward(toFirst).PodSlot;
        SetSecondVip(site, protocol, site.PodOf(first, 80));
        byte[] toSecond = (toFirst with { To = Site.Vip(family, 3) }).Build();
        Verdict verdict = site.Forward(new TestPacket(toSecond, VipSlot: 3));
        Assert.Equal((Outcome.ReturnClash, SessionUse.None), (verdict.Outcome, verdict.Session));
        Assert.Equal(toSecond, verdict.Bytes);

        // When the first session's service is gone, its entry no longer stands in the way.
        site.Path.SetState(first, PodState.Dead);
        Assert.Equal(SessionUse.First, site.Forward(new TestPacket(toSecond, VipSlot: 3)).Session);
        byte[] answer = site.Answer(toFirst, first).Build();
        Assert.Equal(Translation.FromVip(answer, Site.Vip(family, 3)), site.Return(answer).Bytes);
    }

    private static System.Net.IPEndPoint PodOf(Topology site, uint podSlot)
    {
        PodRecord* pod = site.Path.Shared->Pods + podSlot;
        int length = site.Family == IpFamily.Ip4 ? 4 : 16;
        return new System.Net.IPEndPoint(new System.Net.IPAddress(new ReadOnlySpan<byte>(pod->Address, length)), Be16.FromWire(pod->TargetPortWire).Host);
    }

    private static void SetSecondVip(Topology site, byte protocol, params System.Net.IPEndPoint[] pods) =>
        site.Path.SetService(3, protocol, 80, 5, [.. pods.Select(pod => site.Path.AddPod(5, pod))]);
}
