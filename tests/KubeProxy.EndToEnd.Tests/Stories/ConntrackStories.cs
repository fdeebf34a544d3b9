using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>
/// The conntrack suite of Kubernetes and the issues around it: clients that send from one source port for ever, while
/// pods and services come and go between any two of their packets. What is remembered must never outlive its reason.
/// </summary>
public abstract class ConntrackStories(HostFixture fixture) : Story(fixture)
{
    private const int SenderCount = 100;
    private static readonly PacketOptions Segment = PacketOptions.Plain;

    /// <summary>Sequence numbers half the number space away: no window reaches there.</summary>
    private static readonly PacketOptions OutOfWindow = PacketOptions.Plain with { Id = 0x4000_0000 };

    private int OtherWorker => Math.Max(0, Host.WorkerCount - 1);

    [Theory]
    [Trait("case", "CT-02")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ASenderWithOneSourcePortFollowsItsServerFromPodToPodAndLosesNothing(Family family) =>
        AssertFollows(family, Lab.Client(family, 1));

    [Theory]
    [Trait("case", "CT-01")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ASenderThroughANodePortFollowsItsServerTheSameWay(Family family) =>
        AssertFollows(family, Lab.Client(family, 1), new IPEndPoint(IPAddress.Parse(family == Family.Ip4 ? "10.1.0.1" : "fd01::1"), 30080));

    /// <summary>The client is the node itself: its address is the one on the link to the host, and stays as it is.</summary>
    [Theory]
    [Trait("case", "CT-04")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ASenderInTheNodesOwnNetworkFollowsItsServerTheSameWay(Family family) =>
        AssertFollows(family, new IPEndPoint(IPAddress.Parse(family == Family.Ip4 ? "10.1.0.10" : "fd01::10"), 40_000));

    /// <summary>The policy becomes Local: the pods of other nodes are taken out, and the node's own pod cycles meanwhile.</summary>
    [Theory]
    [Trait("case", "CT-03")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void UnderALocalPolicySendersLeaveThePodsOfOtherNodesWithTheirNextPacketAndDoNotReturn(Family family)
    {
        (Pod local, Pod[] remote) = (new Pod(1), [new Pod(2), new Pod(3)]);
        Service service = Cluster.Add(family, Transport.Udp, 80, targetPort: 8080, pods: [local, .. remote]);
        Flow[] senders = Senders(service);
        IReadOnlyList<Pod> before = Converse(service, senders);
        Assert.All(remote, pod => Assert.Contains(pod, before));
        foreach (Pod pod in remote)
            Cluster.Remove(service, pod);
        Assert.All(Converse(service, senders), pod => Assert.Equal(local, pod));

        Pod next = new(4);
        Cluster.AddPods(service, next);
        Cluster.Remove(service, local);
        Assert.All(Converse(service, senders), pod => Assert.Equal(next, pod));

        Cluster.AddPods(service, remote);
        Assert.All(Converse(service, senders), pod => Assert.Equal(next, pod));
    }

    /// <summary>No packet that came too early keeps a later one from the pod: neither without a pod nor with one of weight 0.</summary>
    [Theory]
    [Trait("Defect", "D5")]
    [Trait("Defect", "A-10")]
    [Trait("case", "CT-05")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void SendersThatStartedTooEarlyAreServedWithTheFirstPacketAfterThePodIsReady(Family family)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(family, Transport.Udp, 80, targetPort: 8080, pods: []);
        Flow[] senders = Senders(service);
        AssertNobodyServes(FromClients(senders));
        Lab.Type($"ku pod {service.Key} {pod.Address(family)} weight 0");
        AssertNobodyServes(FromClients(senders));
        AssertNobodyServes(FromClients(senders));
        Lab.Type($"ku pod {service.Key} {pod.Address(family)} weight 1");
        Assert.All(Converse(service, senders), chosen => Assert.Equal(pod, chosen));
    }

    /// <summary>Sequence numbers are not looked at: what conntrack would call invalid leaves with the VIP's address as all others do.</summary>
    [Theory]
    [Trait("case", "CT-06")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ASegmentOutOfTheWindowLeavesWithTheVipsAddressAndEndsNothing(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, targetPort: 8080);
        (Flow flow, Pod pod) = Connect(service);
        foreach (PacketOptions strange in (PacketOptions[])[OutOfWindow, OutOfWindow with { Rst = true }, OutOfWindow with { Fin = true }])
        {
            byte[] segment = FromPod(pod, Back(flow, pod), strange);
            byte[] left = Assert.Single(Exchange(new Injection(Lab.PodSide, [segment], OtherWorker)).On(Lab.ClientSide));
            AssertSame(Expect.FromVip(segment, Lab.ToClients, service.Vip), left);
            Assert.Equal([pod], Converse(service, [flow]));
        }

        Assert.Equal(1, SessionCount());
    }

    /// <summary>
    /// Without a session a pod's packet is its own: it leaves with the pod's address and moves no counter. The client's next
    /// segment opens the session again, and the pod's segments are the VIP's again.
    /// </summary>
    [Theory]
    [Trait("case", "CT-06")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ASegmentWithoutASessionLeavesUntouchedAndTheClientsNextOneBringsTheSessionBack(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, targetPort: 8080);
        (Flow flow, Pod pod) = Connect(service);
        Lab.Type("test kube-proxy flowtable flush");
        ErrorCounters before = ErrorCounters.Of(Host);
        byte[] segment = FromPod(pod, Back(flow, pod), Segment);
        AssertSame(Expect.Forwarded(segment, Lab.ToClients), Assert.Single(PodsSend(segment).On(Lab.ClientSide)));
        Assert.DoesNotContain(ErrorCounters.Of(Host).Since(before), row => row.Key.StartsWith("kp", StringComparison.Ordinal));
        Assert.Equal([pod], Converse(service, [flow]));
    }

    [Theory]
    [Trait("case", "CT-07")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void SendersThatNeverPauseReachNoPodThatIsGoneAndTheFirstThatComesBack(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 80, targetPort: 8080, pods: Pod.First(3));
        Flow[] senders = Senders(service);
        List<Pod> left = [.. Pod.First(3)];
        Assert.Equivalent(left, PodsOf(service, senders).Distinct());
        while (left.Count > 1)
        {
            Cluster.Remove(service, left[0]);
            left.RemoveAt(0);
            Assert.Equivalent(left, PodsOf(service, senders).Distinct(), strict: true);
        }

        Cluster.Remove(service, left[0]);
        Assert.Equal(0, SessionCount());
        AssertNobodyServes(FromClients(senders));
        Cluster.AddPods(service, new Pod(4));
        Assert.All(Converse(service, senders), pod => Assert.Equal(new Pod(4), pod));
    }

    /// <summary>The pod's address goes to a pod of another service: neither direction may remember the old one.</summary>
    [Theory]
    [Trait("Defect", "A-16")]
    [Trait("case", "CT-08")]
    [ClassData(typeof(FlowKinds))]
    public void AnAddressThatWasAPodOfADeletedServiceGetsNoneOfItsPacketsAndAnswersForTheNewOneOnly(Family family, Transport transport)
    {
        Pod reused = new(1);
        Service old = Cluster.Add(family, transport, 80, targetPort: 8080, pods: [reused]);
        Flow flow = FlowTo(old, transport, 1);
        Converse(old, [flow], Segment with { Syn = true });
        Cluster.Remove(old);
        Service other = Cluster.Add(family, 80, Cluster.Word(transport), 8080, family == Family.Ip4 ? "90.7.7.7/32" : "2003::7777/128", [reused]);

        Assert.Equal(0, ClientsSend(FromClient(flow)).Count);
        byte[] late = FromPod(reused, Back(flow, reused));
        AssertSame(Expect.Forwarded(late, Lab.ToClients), Assert.Single(PodsSend(late).On(Lab.ClientSide)));
        Assert.Equal([reused], Converse(other, [FlowTo(other, transport, 1)], Segment with { Syn = true }));
    }

    private static Flow[] Senders(Service service) => [.. Enumerable.Range(0, SenderCount).Select(i => FlowTo(service, Transport.Udp, i))];

    private static Flow Back(Flow flow, Pod pod) => new(flow.Transport, pod.At(flow.IsIp6 ? Family.Ip6 : Family.Ip4, 8080), flow.Source);

    /// <summary>The server's pod is replaced ten times; before, between and after, every packet is answered by a pod that is there.</summary>
    private void AssertFollows(Family family, IPEndPoint client, IPEndPoint? nodePort = null)
    {
        string? options = nodePort is null ? null : $"node_port {nodePort.Port}";
        Service service = Cluster.Add(family, 80, "udp", targetPort: 8080, pods: [new Pod(1)], options: options);
        Flow[] flow = [new(Transport.Udp, client, nodePort ?? service.Vip)];
        for (int round = 1; round <= 10; round++)
        {
            (Pod current, Pod next) = (new Pod(round), new Pod(round + 1));
            Assert.Equal([current], Converse(service, flow));
            Cluster.AddPods(service, next);
            Assert.Equal([current], Converse(service, flow));
            Cluster.Remove(service, current);
            Assert.Equal([next], Converse(service, flow));
        }

        Assert.Equal(1, SessionCount());
    }

    /// <summary>A connection after its handshake, and its pod.</summary>
    private (Flow Flow, Pod Pod) Connect(Service service)
    {
        Flow flow = FlowTo(service, Transport.Tcp);
        Pod pod = Assert.Single(PodsOf(service, [flow], Segment with { Syn = true }));
        byte[] answer = FromPod(pod, Back(flow, pod), Segment with { Syn = true, Ack = true });
        AssertReachedClients([answer], PodsSend(answer), _ => service.Vip);
        Assert.Equal([pod], Converse(service, [flow]));
        return (flow, pod);
    }
}

[Collection<VppAloneCollection>]
public sealed class ConntrackInVpp(VppAlone host) : ConntrackStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class ConntrackInVppWithOneWorker(VppWithOneWorker host) : ConntrackStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class ConntrackInVppWithTwoWorkers(VppWithTwoWorkers host) : ConntrackStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class ConntrackInTheEmbeddedHost(EmbeddedHost host) : ConntrackStories(host);
