using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Pods, services and features that come and go while flows are under way.</summary>
public abstract class LifeCycleStories(HostFixture fixture) : Story(fixture)
{
    private const int FlowCount = 2000;

    [Theory]
    [Trait("Check", "LIF-09")]
    [Trait("Defect", "D8")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void TheUdpSessionsOfARemovedPodMoveWithTheVeryNextPacketAndNoOtherMoves(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 53);
        IReadOnlyList<byte[]> requests = Requests(service, Transport.Udp);
        IReadOnlyList<Pod> before = AssertReachedPods(requests, ClientsSend(requests), family);
        Pod removed = new(2);
        Cluster.Remove(service, removed);
        IReadOnlyList<Pod> after = AssertReachedPods(requests, ClientsSend(requests), family);
        AssertMovedOnly(before, after, removed);
        Assert.Equal(after, AssertReachedPods(requests, ClientsSend(requests), family));
        Flow[] flows = Flows(service, Transport.Udp);
        IReadOnlyList<byte[]> answers = Answers(flows, after, family);
        AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
    }

    [Theory]
    [Trait("Check", "LIF-09")]
    [Trait("Defect", "D8")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void TheTcpSessionsOfARemovedPodStayWhileItDrainsAndNewOnesGoElsewhere(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80);
        IReadOnlyList<byte[]> requests = Requests(service, Transport.Tcp);
        IReadOnlyList<Pod> before = AssertReachedPods(requests, ClientsSend(requests), family);
        Pod removed = new(2);
        Cluster.Remove(service, removed);
        Assert.Equal(before, AssertReachedPods(requests, ClientsSend(requests), family));
        IReadOnlyList<byte[]> others = FromClients(Enumerable.Range(FlowCount, FlowCount).Select(i => FlowTo(service, Transport.Tcp, i)));
        Assert.DoesNotContain(removed, AssertReachedPods(others, ClientsSend(others), family));
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void ANewPodTakesItsShareOfNewFlowsAndNoneOfTheOld(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: Pod.First(3));
        IReadOnlyList<byte[]> requests = Requests(service, transport);
        IReadOnlyList<Pod> before = AssertReachedPods(requests, ClientsSend(requests), family);
        Cluster.AddPods(service, new Pod(4));
        Assert.Equal(before, AssertReachedPods(requests, ClientsSend(requests), family));
        IReadOnlyList<byte[]> others = FromClients(
            Enumerable.Range(FlowCount, FlowCount).Select(i => FlowTo(service, transport, i)), PacketOptions.Plain with { Syn = true });
        Assert.Contains(new Pod(4), AssertReachedPods(others, ClientsSend(others), family));
    }

    [Theory]
    [Trait("Check", "LIF-09")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void APodThatComesBackIsServedAgain(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 53, pods: [new Pod(1)]);
        byte[] request = FromClient(FlowTo(service, Transport.Udp));
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal([new Pod(1)], AssertReachedPods([request], ClientsSend(request), family));
            Cluster.Remove(service, new Pod(1));
            Assert.Empty(ClientsSend(request).On(Lab.PodSide));
            Cluster.AddPods(service, new Pod(1));
        }
    }

    /// <summary>The VIP lies within the clients' network: without it, packets to it are routed there.</summary>
    [Theory]
    [Trait("Defect", "D14")]
    [Trait("Defect", "A-15")]
    [Trait("case", "K8S-05")]
    [ClassData(typeof(FlowKinds))]
    public void WithoutItsVipAnAddressIsForwardedAsTheRoutingTableSays(Family family, Transport transport)
    {
        string prefix = family == Family.Ip4 ? "172.16.200.1/32" : "fdc0::c801/128";
        IPEndPoint vip = new(IPNetwork.Parse(prefix).BaseAddress, 80);
        byte[] packet = FromPod(new Pod(9), new Flow(transport, new Pod(9).At(family, 1234), vip));
        string route = Route(family, prefix);
        AssertForwarded(packet);
        for (int round = 0; round < 3; round++)
        {
            Service service = Cluster.Add(family, 80, Cluster.Word(transport), prefix: prefix, pods: [new Pod(1)]);
            AssertReachedPods([packet], PodsSend(packet), family);
            Cluster.Remove(service);
            AssertForwarded(packet);
            Assert.Equal(route, Route(family, prefix));
        }
    }

    [Theory]
    [Trait("Check", "LIF-04")]
    [Trait("Defect", "REG-FDIO-1")]
    [ClassData(typeof(FlowKinds))]
    public void WithoutTheFeatureAnswersLeaveUntouchedAndWithItAgainTranslated(Family family, Transport transport)
    {
        string feature = $"ku set interface {(family == Family.Ip4 ? "nat4" : "nat6")} in {Lab.PodSide}";
        Pod pod = new(1);
        Service service = Cluster.Add(family, transport, 80, pods: [pod]);
        Flow flow = FlowTo(service, transport);
        ClientsSend(FromClient(flow));
        byte[] answer = FromPod(pod, new Flow(transport, pod.At(family, 80), flow.Source));
        Lab.Type($"{feature} del");
        try
        {
            AssertForwarded(answer);
            string again = Host.Cli($"{feature} del");
            Assert.Contains(Lab.PodSide, again, StringComparison.Ordinal);
        }
        finally
        {
            Host.Cli(feature);
        }

        AssertReachedClients([answer], PodsSend(answer), _ => service.Vip);
    }

    [Theory]
    [Trait("Defect", "D8")]
    [ClassData(typeof(FlowKinds))]
    public void AFlushForgetsSessionsAndTheSamePodsAreChosenAgain(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        IReadOnlyList<byte[]> requests = Requests(service, transport);
        IReadOnlyList<Pod> before = AssertReachedPods(requests, ClientsSend(requests), family);
        Lab.Type("test kube-proxy flowtable flush");
        Assert.Contains("0 shown of 0 sessions", Host.Cli("show ku sessions"), StringComparison.Ordinal);
        IReadOnlyList<byte[]> answers = Answers(Flows(service, transport), before, family);
        foreach (byte[] frame in PodsSend(answers).On(Lab.ClientSide))
            Assert.NotEqual(service.Vip.Address, new IpView(frame).Source);
        Assert.Equal(before, AssertReachedPods(requests, ClientsSend(requests), family));
    }

    /// <summary>One client port towards two services on the same pods: the answers must not be mistaken for each other.</summary>
    [Theory]
    [Trait("Check", "LIF-09")]
    [ClassData(typeof(FlowKinds))]
    public void AClientMayUseOnePortForTwoServicesOnTheSamePods(Family family, Transport transport)
    {
        string other = family == Family.Ip4 ? "90.7.7.7/32" : "2003::7777/128";
        Service first = Cluster.Add(family, transport, 80);
        Service second = Cluster.Add(family, 80, Cluster.Word(transport), prefix: other);
        Flow[] flows = [.. Enumerable.Range(0, 200).Select(i => FlowTo(i % 2 == 0 ? first : second, transport, i / 2))];
        IReadOnlyList<byte[]> requests = FromClients(flows);
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, ClientsSend(requests), family);
        IReadOnlyList<byte[]> answers = Answers(flows, pods, family);
        AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
    }

    private static void AssertMovedOnly(IReadOnlyList<Pod> before, IReadOnlyList<Pod> after, Pod removed)
    {
        Assert.DoesNotContain(removed, after);
        Assert.Contains(removed, before);
        for (int i = 0; i < before.Count; i++)
            Assert.True(before[i] == removed || before[i] == after[i], $"flow {i} moved from {before[i]} to {after[i]}");
    }

    private static Flow[] Flows(Service service, Transport transport) => [.. Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, transport, i))];

    private IReadOnlyList<byte[]> Requests(Service service, Transport transport) => FromClients(Flows(service, transport));

    private void AssertForwarded(byte[] packet) =>
        AssertSame(Expect.Forwarded(packet, Lab.ToClients), Assert.Single(PodsSend(packet).On(Lab.ClientSide)));

    private string Route(Family family, string prefix) => RoutingTable.Of(Host, family == Family.Ip6, prefix);
}

[Collection<VppAloneCollection>]
public sealed class LifeCycleInVpp(VppAlone host) : LifeCycleStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class LifeCycleInVppWithOneWorker(VppWithOneWorker host) : LifeCycleStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class LifeCycleInVppWithTwoWorkers(VppWithTwoWorkers host) : LifeCycleStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class LifeCycleInTheEmbeddedHost(EmbeddedHost host) : LifeCycleStories(host);
