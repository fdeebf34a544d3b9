using System.Globalization;
using System.Text.RegularExpressions;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>TCP connections that open, close, are reset, reopened, and that lose their sessions.</summary>
public abstract class TcpLifeStories(HostFixture fixture) : Story(fixture)
{
    private const int HoleNumber = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private static readonly PacketOptions Syn = PacketOptions.Plain with { Syn = true };
    private static readonly PacketOptions SynAck = Syn with { Ack = true };
    private static readonly PacketOptions Fin = PacketOptions.Plain with { Fin = true };
    private static readonly PacketOptions Rst = PacketOptions.Plain with { Rst = true };

    private int OtherWorker => Math.Max(0, Host.WorkerCount - 1);

    /// <summary>One of three pods swallows every packet: each client is served after one retransmission, and nobody else moves.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ClientsOfABlackHoledPodAreServedAfterOneRetransmission(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, pods: Pod.First(3));
        Flow[] flows = [.. Enumerable.Range(0, 1000).Select(i => FlowTo(service, Transport.Tcp, i))];
        IReadOnlyList<byte[]> syns = FromClients(flows, Syn);
        IReadOnlyList<Pod> first = AssertReachedPods(syns, ClientsSend(syns), family);
        AnswerAllBut(flows, first, HoleNumber, family);

        LetPass(seconds: 1.1);
        IReadOnlyList<Pod> second = AssertReachedPods(syns, ClientsSend(syns), family);
        Assert.DoesNotContain(second, pod => pod.Number == HoleNumber);
        int moved = 0;
        for (int i = 0; i < flows.Length; i++)
        {
            if (first[i].Number == HoleNumber) moved++;
            else Assert.Equal(first[i], second[i]);
        }

        Assert.InRange(moved, 250, 420);
        Assert.Equal(moved, Counter(service, "failed-over packets"));
        AnswerAllBut(flows, second, HoleNumber, family);

        // Every client has its answer now: a SYN that is duplicated later moves nothing.
        LetPass(seconds: 1.1);
        Assert.Equal(second, AssertReachedPods(syns, ClientsSend(syns), family));
        Assert.Equal(moved, Counter(service, "failed-over packets"));
    }

    [Theory]
    [Trait("case", "test_tcp_session_close_in")]
    [Trait("case", "test_tcp_session_close_out")]
    [InlineData(Family.Ip4, true)]
    [InlineData(Family.Ip4, false)]
    [InlineData(Family.Ip6, true)]
    [InlineData(Family.Ip6, false)]
    public void BothSidesCloseAConnectionInEitherOrderAndItsSessionEnds(Family family, bool clientFirst)
    {
        Lab.Type("ku conf timeout 3");
        try
        {
            (Flow flow, Pod pod) = Connect(family);
            if (clientFirst) FromClientTo(pod, flow, Fin);
            FromPodTo(flow, pod, Fin);
            FromPodTo(flow, pod, Fin);
            if (!clientFirst) FromClientTo(pod, flow, Fin);

            // Retransmissions of both sides still find their way.
            FromClientTo(pod, flow, Fin);
            FromPodTo(flow, pod, Fin);
            LetPass(seconds: 3);
            Wait.Until(() => SessionCount() == 0, Limit, () => $"the session to be forgotten: {Host.Cli("show ku sessions")}");
        }
        finally
        {
            Lab.Type("ku conf timeout default");
        }
    }

    /// <summary>Sequence numbers are wrong, so neither pod nor client accepts the segments, and the connection goes on.</summary>
    [Theory]
    [Trait("Defect", "D28")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ResetsAndFinsThatNobodyAcceptsLeaveTheConnectionOnItsPod(Family family)
    {
        (Flow flow, Pod pod) = Connect(family);
        foreach (PacketOptions strange in (PacketOptions[])[Rst with { Id = 77_000 }, Fin with { Id = 88_000 }])
        {
            Assert.Single(ClientsSend(FromClient(flow, strange)).On(Lab.PodSide));
            FromClientTo(pod, flow, PacketOptions.Plain);
            FromPodTo(flow, pod, PacketOptions.Plain);
            Assert.Single(PodsSend(FromPod(pod, Back(flow, pod), strange)).On(Lab.ClientSide));
            FromPodTo(flow, pod, PacketOptions.Plain);
            FromClientTo(pod, flow, PacketOptions.Plain);
        }

        Assert.Equal(1, SessionCount());
    }

    [Theory]
    [Trait("case", "test_tcp_session_reopen")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AClientThatUsesItsPortAgainGetsThePodThatKnowsIt(Family family)
    {
        (Flow flow, Pod pod) = Connect(family);
        FromClientTo(pod, flow, Fin);
        FromPodTo(flow, pod, Fin);
        FromClientTo(pod, flow, Syn);
        FromPodTo(flow, pod, SynAck);
        FromClientTo(pod, flow, PacketOptions.Plain);
        Assert.Equal(1, SessionCount());
    }

    /// <summary>All session tables are lost after a pod was added: the connections' packets reach the pods that know them.</summary>
    [Theory]
    [Trait("Check", "LIF-05")]
    [InlineData(Family.Ip4, false)]
    [InlineData(Family.Ip4, true)]
    [InlineData(Family.Ip6, false)]
    [InlineData(Family.Ip6, true)]
    public void TenThousandConnectionsStayOnTheirPodsWhenAPodIsAddedAndAllSessionsAreLost(Family family, bool onAnotherWorker)
    {
        const int FlowCount = 10_000;
        Service service = Cluster.Add(family, Transport.Tcp, 80, pods: Pod.First(3));
        Flow[] flows = [.. Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, Transport.Tcp, i))];
        IReadOnlyList<byte[]> syns = FromClients(flows, Syn);
        IReadOnlyList<Pod> before = AssertReachedPods(syns, Exchange(new Injection(Lab.ClientSide, syns, Worker: 0)), family);
        AnswerAllBut(flows, before, holeNumber: 0, family);

        Cluster.AddPods(service, Pod.First(4)[^1]);
        Lab.Type("test kube-proxy flowtable flush");
        Assert.Equal(0, SessionCount());
        IReadOnlyList<byte[]> data = FromClients(flows);
        int worker = onAnotherWorker ? OtherWorker : 0;
        IReadOnlyList<Pod> after = AssertReachedPods(data, Exchange(new Injection(Lab.ClientSide, data, worker)), family);
        int stayed = before.Zip(after).Count(pair => pair.First == pair.Second);
        Assert.True(stayed >= FlowCount * 0.999, $"{stayed} of {FlowCount} connections stayed");

        // New connections do use the new pod.
        Flow[] fresh = [.. Enumerable.Range(FlowCount, 1000).Select(i => FlowTo(service, Transport.Tcp, i))];
        IReadOnlyList<byte[]> freshSyns = FromClients(fresh, Syn);
        Assert.Contains(Pod.First(4)[^1], AssertReachedPods(freshSyns, ClientsSend(freshSyns), family));
    }

    private static Flow Back(Flow flow, Pod pod) => new(flow.Transport, pod.At(FamilyOf(flow), flow.Destination.Port), flow.Source);

    private static Family FamilyOf(Flow flow) => flow.IsIp6 ? Family.Ip6 : Family.Ip4;

    /// <summary>A connection after its handshake, and its pod.</summary>
    private (Flow Flow, Pod Pod) Connect(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80);
        Flow flow = FlowTo(service, Transport.Tcp);
        byte[] syn = FromClient(flow, Syn);
        Pod pod = Assert.Single(AssertReachedPods([syn], ClientsSend(syn), family));
        FromPodTo(flow, pod, SynAck);
        FromClientTo(pod, flow, PacketOptions.Plain);
        return (flow, pod);
    }

    private void FromClientTo(Pod pod, Flow flow, PacketOptions options)
    {
        byte[] packet = FromClient(flow, options);
        Assert.Equal([pod], AssertReachedPods([packet], ClientsSend(packet), FamilyOf(flow)));
    }

    private void FromPodTo(Flow flow, Pod pod, PacketOptions options)
    {
        byte[] packet = FromPod(pod, Back(flow, pod), options);
        AssertReachedClients([packet], Exchange(new Injection(Lab.PodSide, [packet], OtherWorker)), _ => flow.Destination);
    }

    /// <summary>The pods' SYN-ACKs arrive, on another worker where there is one; one pod answers nothing.</summary>
    private void AnswerAllBut(Flow[] flows, IReadOnlyList<Pod> pods, int holeNumber, Family family)
    {
        int[] answered = [.. Enumerable.Range(0, flows.Length).Where(i => pods[i].Number != holeNumber)];
        byte[][] answers = [.. answered.Select((i, id) =>
            FromPod(pods[i], new Flow(Transport.Tcp, pods[i].At(family, flows[i].Destination.Port), flows[i].Source), SynAck with { Id = id }))];
        AssertReachedClients(answers, Exchange(new Injection(Lab.PodSide, answers, OtherWorker)), id => flows[answered[id]].Destination);
    }

    private int Counter(Service service, string name) =>
        Number(Regex.Match(Host.Cli($"show ku vip {service.Prefix} verbose"), $@"{name}\s+(\d+)"));

    private static int Number(Match match) => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
}

[Collection<VppAloneCollection>]
public sealed class TcpLifeInVpp(VppAlone host) : TcpLifeStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class TcpLifeInVppWithOneWorker(VppWithOneWorker host) : TcpLifeStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class TcpLifeInVppWithTwoWorkers(VppWithTwoWorkers host) : TcpLifeStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class TcpLifeInTheEmbeddedHost(EmbeddedHost host) : TcpLifeStories(host);
