using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>What sessions do when pods come, go and die.</summary>
public sealed class PodLifeTests
{
    [Theory]
    [Trait("Defect", "D8")]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AUdpSessionLeavesARemovedPodWithItsNextPacket(IpFamily family)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(IpProtocol.Udp);
        uint removed = site.Forward(request).PodSlot;
        RemovePod(site, IpProtocol.Udp, removed);

        Verdict next = site.Forward(request);
        Assert.Equal(SessionUse.First, next.Session);
        Assert.NotEqual(removed, next.PodSlot);
        Assert.Equal(Translation.ToPod(request.Build(), site.PodOf(next.PodSlot, 80)), next.Bytes);
        Assert.Equal(SessionUse.Existing, site.Forward(request).Session);
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void ATcpSessionStaysOnARemovedPodAndNewFlowsDoNotGoThere(IpFamily family)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(IpProtocol.Tcp);
        uint removed = site.Forward(request).PodSlot;
        RemovePod(site, IpProtocol.Tcp, removed);

        Verdict next = site.Forward(request);
        Assert.Equal((SessionUse.Existing, removed), (next.Session, next.PodSlot));
        byte[] answer = site.Answer(request, removed).Build();
        Assert.Equal(Translation.FromVip(answer, request.To), site.Return(answer).Bytes);
        for (int port = 1; port <= 50; port++) Assert.NotEqual(removed, site.Forward(site.Request(IpProtocol.Tcp, port)).PodSlot);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void NoOtherSessionMovesWhenAPodIsRemoved(IpFamily family, byte protocol)
    {
        using var site = new Topology(family, new DataPathOptions { BucketCount = 1024, ReturnBucketCount = 1024 });
        Dictionary<int, uint> before = Enumerable.Range(1, 200).ToDictionary(port => port, port => site.Forward(site.Request(protocol, port)).PodSlot);
        uint removed = before[1];
        RemovePod(site, protocol, removed);
        foreach ((int port, uint pod) in before)
        {
            if (pod != removed) Assert.Equal(pod, site.Forward(site.Request(protocol, port)).PodSlot);
        }
    }

    [Theory]
    [Trait("Defect", "A-16")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ADeadPodsSessionIsForgottenAndItsAnswersPass(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(protocol);
        uint dead = site.Forward(request).PodSlot;
        RemovePod(site, protocol, dead);
        site.Path.SetState(dead, PodState.Dead);

        byte[] answer = site.Answer(request, dead).Build();
        Verdict back = site.Return(answer);
        Assert.NotEqual(Outcome.Translated, back.Outcome);
        Assert.Equal(answer, back.Bytes);
        Verdict next = site.Forward(request);
        Assert.Equal(SessionUse.First, next.Session);
        Assert.NotEqual(dead, next.PodSlot);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void WhenTheLastPodGoesPacketsAreDroppedAndTheFirstPodThatComesServes(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(protocol);
        _ = site.Forward(request);
        foreach (uint pod in site.Pods(protocol)) site.Path.SetState(pod, PodState.Dead);
        site.Path.SetService(1, protocol, 80, Topology.ServiceOf(protocol));
        Assert.Equal(Outcome.NoPod, site.Forward(request).Outcome);
        Assert.Equal(Outcome.NoPod, site.Forward(request).Outcome);

        uint fresh = site.Path.AddPod(Topology.ServiceOf(protocol), Site.Pod(family, 9, 8080));
        site.Path.SetService(1, protocol, 80, Topology.ServiceOf(protocol), fresh);
        Verdict served = site.Forward(request);
        Assert.Equal((SessionUse.First, fresh), (served.Session, served.PodSlot));
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ASessionSurvivesThatItsPodIsNoLongerChosen(IpFamily family, byte protocol)
    {
        // The pod serves still, but the table has changed around it: the session stays.
        using var site = new Topology(family);
        PacketSpec request = site.Request(protocol);
        uint pod = site.Forward(request).PodSlot;
        site.Path.SetService(1, protocol, 80, Topology.ServiceOf(protocol), site.Path.AddPod(Topology.ServiceOf(protocol), Site.Pod(family, 9, 8080)));
        Assert.Equal((SessionUse.Existing, pod), (site.Forward(request).Session, site.Forward(request).PodSlot));
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AnExpiredSessionChoosesAgainAndGetsTheSamePodFromTheSameTable(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(protocol);
        uint pod = site.Forward(request).PodSlot;
        site.Path.Pass(50);
        Assert.Equal(SessionUse.Existing, site.Forward(request).Session);
        site.Path.Pass(2000);
        Assert.Equal((SessionUse.First, pod), (site.Forward(request).Session, site.Forward(request).PodSlot));
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AfterARestartEveryFlowGetsThePodItHad(IpFamily family, byte protocol)
    {
        // The keys of the session hash differ, the tables are empty.
        using var before = new Topology(family, new DataPathOptions { BucketCount = 256, ReturnBucketCount = 256, Seed = 1 });
        using var after = new Topology(family, new DataPathOptions { BucketCount = 256, ReturnBucketCount = 256, Seed = 2 });
        for (int port = 1; port <= 200; port++)
        {
            PacketSpec request = before.Request(protocol, port);
            Assert.Equal(before.Forward(request with { TcpFlags = PacketSpec.Syn }).PodSlot, after.Forward(request).PodSlot);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public unsafe void AnAnswerToAnExpiredSessionPassesUntouched(IpFamily family, byte protocol)
    {
        // Only the clock moves: nobody has swept, the entry still stands in the table.
        using var site = new Topology(family, new DataPathOptions { TcpTimeoutSeconds = 100 });
        PacketSpec request = site.Request(protocol);
        uint pod = site.Forward(request).PodSlot;
        Worker* worker = site.Path.Worker();
        worker->Context.Clock.Advance(worker->Context.Clock.NowSeconds + 101);
        byte[] answer = site.Answer(request, pod).Build();
        Assert.Equal(answer, site.Return(answer).Bytes);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ASessionThatIsOverIsForgottenOnceHoweverManyOfItsPacketsAFrameHolds(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        TestPacket request = site.Request(protocol);
        TestPacket other = site.Request(protocol, clientPort: 40_001);
        uint dead = site.Forward(request).PodSlot;
        _ = site.Forward(other);
        RemovePod(site, protocol, dead);
        site.Path.SetState(dead, PodState.Dead);
        Verdict[] verdicts = site.Forward(request, request, request);
        Assert.Equal([SessionUse.First, SessionUse.Existing, SessionUse.Existing], verdicts.Select(verdict => verdict.Session));
        site.Path.Audit();
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void ATcpConnectionThatWasOnlyOpenedIsForgottenEarlier(IpFamily family)
    {
        using var site = new Topology(family);
        PacketSpec syn = site.Request(IpProtocol.Tcp, 1) with { TcpFlags = PacketSpec.Syn };
        PacketSpec other = site.Request(IpProtocol.Tcp, 2) with { TcpFlags = PacketSpec.Syn };
        _ = site.Forward(syn, other, other with { TcpFlags = PacketSpec.Ack });
        site.Path.Pass(58);

        // Only a session that is remembered can move to another pod.
        _ = site.Forward(syn);
        Assert.Equal(1ul, Counters.Of(site.Path).FailedOver(Topology.TcpService));
        site.Path.Pass(62);
        Assert.Equal([SessionUse.First, SessionUse.Existing], site.Forward(syn, other).Select(verdict => verdict.Session));
        Assert.Equal(1ul, Counters.Of(site.Path).FailedOver(Topology.TcpService));
    }

    private static void RemovePod(Topology site, byte protocol, uint pod)
    {
        site.Path.SetState(pod, PodState.Removed);
        site.Path.SetService(1, protocol, 80, Topology.ServiceOf(protocol), [.. site.Pods(protocol).Where(other => other != pod)]);
    }
}
