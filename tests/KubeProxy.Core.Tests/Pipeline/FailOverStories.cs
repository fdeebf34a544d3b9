using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>A client that gets no answer to its SYN is given another pod; one that has got an answer never is.</summary>
public sealed unsafe class FailOverStories
{
    private const byte SynAck = PacketSpec.Syn | PacketSpec.Ack;

    public static TheoryData<IpFamily> Families => [IpFamily.Ip4, IpFamily.Ip6];

    [Theory]
    [MemberData(nameof(Families))]
    public void ARetransmittedSynWithoutAnAnswerGoesToAnotherPod(IpFamily family)
    {
        using var site = new Connection(family);
        _ = site.Client(PacketSpec.Syn);
        site.Pass(1);
        (SessionUse use, uint pod) = site.Client(PacketSpec.Syn);
        Assert.NotEqual(site.FirstPod, pod);
        Assert.Equal(SessionUse.First, use);
        Assert.Equal(SessionKind.TcpOpening, site.Kind);
        Counters counters = Counters.Of(site.Path);
        Assert.Equal((1ul, 2ul, 0ul), (counters.FailedOver(Topology.TcpService), counters.First(Topology.TcpService), counters.Existing(Topology.TcpService)));

        // The new pod's answer is the client's; the old one's would be a stranger's.
        Assert.True(site.Pod(SynAck));
        PacketSpec late = site.Site.Answer(site.Request(PacketSpec.Syn), site.FirstPod) with { TcpFlags = SynAck };
        Assert.NotEqual(Outcome.Translated, site.Site.Return(late).Outcome);
        Assert.Equal((SessionUse.Existing, pod), site.Client(PacketSpec.Ack));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ASynThatComesTwiceWithinASecondStays(IpFamily family)
    {
        using var site = new Connection(family);
        _ = site.Client(PacketSpec.Syn);
        Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Syn));
        TestPacket syn = site.Request(PacketSpec.Syn);
        Assert.All(site.Path.Forward(family, 0, syn, syn, syn), verdict => Assert.Equal(site.FirstPod, verdict.PodSlot));
        Assert.Equal(0ul, Counters.Of(site.Path).FailedOver(Topology.TcpService));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ASynThatIsDuplicatedAfterTheAnswerMovesNothing(IpFamily family)
    {
        using var site = new Connection(family, workerCount: 2);
        _ = site.Client(PacketSpec.Syn);
        Assert.True(site.Pod(SynAck, worker: 1));
        for (int i = 0; i < 5; i++)
        {
            site.Pass(3);
            Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Syn));
        }

        Assert.Equal(0ul, Counters.Of(site.Path).FailedOver(Topology.TcpService));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void EverySynThatStaysUnansweredTriesTheNextPodUntilAllWereTried(IpFamily family)
    {
        using var site = new Connection(family);
        var tried = new List<uint> { site.Client(PacketSpec.Syn).PodSlot };
        for (int i = 1; i < Topology.PodCount; i++)
        {
            site.Pass(1u << i);
            tried.Add(site.Client(PacketSpec.Syn).PodSlot);
        }

        Assert.Equal(Topology.PodCount, tried.Distinct().Count());
        site.Pass(30);
        Assert.Equal(tried[0], site.Client(PacketSpec.Syn).PodSlot);
        Assert.Equal((ulong)Topology.PodCount, Counters.Of(site.Path).FailedOver(Topology.TcpService));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void TheOnlyPodKeepsTheSession(IpFamily family)
    {
        using var site = new Connection(family);
        site.Path.SetService(1, IpProtocol.Tcp, 80, Topology.TcpService, site.Site.TcpPods[0]);
        _ = site.Client(PacketSpec.Syn);
        for (int i = 0; i < 6; i++)
        {
            site.Pass(40);
            Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Syn));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AServiceWithoutPodsLeavesAnOpeningSessionWhereItIs(IpFamily family)
    {
        using var site = new Connection(family);
        _ = site.Client(PacketSpec.Syn);
        site.Path.SetState(site.FirstPod, PodState.Removed);
        site.Path.SetService(1, IpProtocol.Tcp, 80, Topology.TcpService);
        site.Pass(2);
        Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Syn));
        site.Path.RemoveVip(1);
        site.Pass(2);
        Assert.Equal((SessionUse.Existing, site.FirstPod), site.Client(PacketSpec.Syn));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ASynWhosePodWasRemovedBeforeItAnsweredGoesToOneThatServes(IpFamily family)
    {
        using var site = new Connection(family);
        _ = site.Client(PacketSpec.Syn);
        site.RemovePod(site.FirstPod);
        site.Pass(1);
        Assert.NotEqual(site.FirstPod, site.Client(PacketSpec.Syn).PodSlot);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void OfAThousandClientsOfABlackHoledPodEachIsServedAfterOneRetransmission(IpFamily family)
    {
        using var site = new Topology(family, new DataPathOptions { BucketCount = 1024, ReturnBucketCount = 2048, WorkerCount = 2 });
        uint[] pods = site.TcpPods[..3];
        uint hole = pods[1];
        site.Path.SetService(1, IpProtocol.Tcp, 80, Topology.TcpService, pods);
        PacketSpec[] syns = [.. Enumerable.Range(1, 1000).Select(port => site.Request(IpProtocol.Tcp, port) with { TcpFlags = PacketSpec.Syn, PayloadBytes = 0 })];
        uint[] first = [.. syns.Select(syn => site.Forward(syn).PodSlot)];
        for (int i = 0; i < syns.Length; i++)
            if (first[i] != hole) _ = site.Path.Return(family, i % 2, site.Answer(syns[i], first[i]) with { TcpFlags = SynAck });

        site.Path.Pass(1);
        uint[] second = [.. syns.Select(syn => site.Forward(syn).PodSlot)];
        Assert.DoesNotContain(hole, second);
        Assert.All(first.Zip(second), pair => Assert.True(pair.First == hole || pair.First == pair.Second, "an answered client moved"));
        Assert.Equal((ulong)first.Count(pod => pod == hole), Counters.Of(site.Path).FailedOver(Topology.TcpService));
        Assert.InRange(first.Count(pod => pod == hole), 250, 420);
        site.Path.Audit();
    }
}
