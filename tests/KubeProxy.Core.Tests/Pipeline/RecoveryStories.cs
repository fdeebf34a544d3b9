using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Connections whose sessions are lost, or lie on another worker, and whose service's pods have changed meanwhile.</summary>
public sealed unsafe class RecoveryStories
{
    private const int FlowCount = 2000;

    public static TheoryData<IpFamily> Families => [IpFamily.Ip4, IpFamily.Ip6];

    public static TheoryData<IpFamily, int> FamiliesAndWorkers => new()
    {
        { IpFamily.Ip4, 0 }, { IpFamily.Ip4, 1 }, { IpFamily.Ip6, 0 }, { IpFamily.Ip6, 1 },
    };

    [Theory]
    [Trait("Defect", "D23")]
    [MemberData(nameof(FamiliesAndWorkers))]
    public void ConnectionsStayOnTheirPodsWhenAPodIsAddedAndAllSessionsAreLost(IpFamily family, int worker)
    {
        using Topology site = Scene(family);
        uint[] before = OpenAll(site);
        AddFourth(site);
        site.Path.Flush();
        Assert.Equal(before, SendAll(site, worker, PacketSpec.Ack));
        site.Path.Audit();
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void WithoutEarlierTablesManyOfThemWouldMove(IpFamily family)
    {
        // Shows that the story above would notice.
        using Topology site = Scene(family);
        uint[] before = OpenAll(site);
        site.Path.SetService(1, IpProtocol.Tcp, 80, Topology.TcpService, site.TcpPods);
        site.Path.Flush();
        Assert.True(before.Zip(SendAll(site, 0, PacketSpec.Ack)).Count(pair => pair.First != pair.Second) > FlowCount / 10);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ConnectionsThatReachAnotherWorkerKeepThePodTheyHaveWhateverTablesSay(IpFamily family)
    {
        // Opened after the change: the earlier table would be wrong about them.
        using Topology site = Scene(family);
        AddFourth(site);
        uint[] before = OpenAll(site);
        Assert.Contains(site.TcpPods[3], before);
        Assert.Equal(before, SendAll(site, 1, PacketSpec.Ack));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void SessionsOfAnotherWorkerThatAreOverAndNotYetSweptSayNothing(IpFamily family)
    {
        using Topology site = Scene(family);
        Assert.Contains(site.TcpPods[0], OpenAll(site));
        site.Path.SetService(1, IpProtocol.Tcp, 80, Topology.TcpService, site.TcpPods[1..]);
        site.Path.Pass(1, 1100);
        Assert.DoesNotContain(site.TcpPods[0], SendAll(site, 1, PacketSpec.Ack));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void NewConnectionsAndUdpUseTheCurrentTable(IpFamily family)
    {
        using Topology site = Scene(family);
        AddFourth(site);
        Assert.Contains(site.TcpPods[3], SendAll(site, 0, PacketSpec.Syn));
        site.Path.SetServiceAfter([site.UdpPods[..3]], 1, IpProtocol.Udp, 80, Topology.UdpService, site.UdpPods);
        Assert.Contains(site.UdpPods[3], Enumerable.Range(1, 100).Select(port => site.Forward(site.Request(IpProtocol.Udp, port)).PodSlot));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void OnlyTheConnectionsOfARemovedPodMove(IpFamily family)
    {
        using Topology site = Scene(family);
        uint[] before = OpenAll(site);
        uint removed = site.TcpPods[1];
        site.Path.SetState(removed, PodState.Removed);
        site.Path.SetServiceAfter([site.TcpPods[..3]], 1, IpProtocol.Tcp, 80, Topology.TcpService, site.TcpPods[0], site.TcpPods[2]);
        site.Path.Flush();
        uint[] after = SendAll(site, 0, PacketSpec.Ack);
        Assert.All(before.Zip(after), pair => Assert.True(pair.First == removed ? pair.Second != removed : pair.First == pair.Second));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void TheTableBeforeTheLastIsAskedWhenTheLastNamesAPodThatIsGone(IpFamily family)
    {
        using Topology site = Scene(family);
        uint[] before = OpenAll(site);
        uint brief = site.TcpPods[3];
        site.Path.SetState(brief, PodState.Removed);
        site.Path.SetServiceAfter([[brief], site.TcpPods[..3]], 1, IpProtocol.Tcp, 80, Topology.TcpService, site.TcpPods[1], site.TcpPods[2], site.TcpPods[0]);
        site.Path.Flush();
        Assert.Equal(before, SendAll(site, 0, PacketSpec.Ack));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ASlotThatHasAnotherPodNowIsNotTheOneThatAnEarlierTableMeant(IpFamily family)
    {
        using Topology site = Scene(family);
        _ = OpenAll(site);
        uint reused = site.TcpPods[0];
        site.Path.SetServiceAfter([site.TcpPods[..3]], 1, IpProtocol.Tcp, 80, Topology.TcpService, site.TcpPods[1], site.TcpPods[2]);
        site.Path.Flush();
        site.Path.Shared->Pods[reused].Birth = 99;
        Assert.DoesNotContain(reused, SendAll(site, 0, PacketSpec.Ack));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AConnectionThatCannotBeRememberedIsBalancedByTheCurrentTableFromItsSynOn(IpFamily family)
    {
        using var site = new Topology(family, new DataPathOptions { BucketCount = 1, ReturnBucketCount = 2 });
        for (int port = 1; port <= 4; port++) _ = site.Forward(site.Request(IpProtocol.Tcp, port));
        AddFourth(site);
        for (int port = 100; port < 200; port++)
        {
            Verdict syn = site.Forward(site.Request(IpProtocol.Tcp, port) with { TcpFlags = PacketSpec.Syn });
            Verdict next = site.Forward(site.Request(IpProtocol.Tcp, port));
            Assert.Equal((SessionUse.Untracked, SessionUse.Untracked, syn.PodSlot), (syn.Session, next.Session, next.PodSlot));
        }
    }

    private static Topology Scene(IpFamily family)
    {
        var site = new Topology(family, new DataPathOptions { BucketCount = 2048, ReturnBucketCount = 4096, WorkerCount = 2 });
        site.Path.SetService(1, IpProtocol.Tcp, 80, Topology.TcpService, site.TcpPods[..3]);
        return site;
    }

    private static void AddFourth(Topology site) =>
        site.Path.SetServiceAfter([site.TcpPods[..3]], 1, IpProtocol.Tcp, 80, Topology.TcpService, site.TcpPods);

    private static uint[] OpenAll(Topology site)
    {
        uint[] pods = SendAll(site, 0, PacketSpec.Syn);
        Assert.Equal(pods, SendAll(site, 0, PacketSpec.Ack));
        return pods;
    }

    private static uint[] SendAll(Topology site, int worker, byte flags) =>
    [
        .. Enumerable.Range(1, FlowCount).Select(port =>
        {
            Verdict verdict = site.Path.Forward(site.Family, worker, site.Request(IpProtocol.Tcp, port) with { TcpFlags = flags })[0];
            Assert.Equal(Outcome.Translated, verdict.Outcome);
            Assert.NotEqual(SessionUse.Untracked, verdict.Session);
            return verdict.PodSlot;
        }),
    ];
}
