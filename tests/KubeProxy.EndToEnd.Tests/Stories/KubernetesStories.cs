using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>
/// What the end-to-end tests of Kubernetes ask of a Service, told with commands in place of objects. The trait names the
/// case of docs/testing.md.
/// </summary>
public abstract class KubernetesStories(HostFixture fixture) : Story(fixture)
{
    private const int FlowCount = 64;
    private static readonly PacketOptions Opening = PacketOptions.Plain with { Syn = true };
    private int _clients;

    [Theory]
    [Trait("case", "K8S-01")]
    [ClassData(typeof(FlowKinds))]
    public void EndpointsGoFrom0To1To2To1To0AndTrafficFollowsEachStep(Family family, Transport transport)
    {
        (Pod first, Pod second) = (new Pod(1), new Pod(2));
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: []);
        Assert.Empty(WhoAnswers(service, transport));
        Cluster.AddPods(service, first);
        Assert.Equal([first], WhoAnswers(service, transport));
        Cluster.AddPods(service, second);
        Assert.Equal([first, second], WhoAnswers(service, transport));
        Cluster.Remove(service, first);
        Assert.Equal([second], WhoAnswers(service, transport));
        Cluster.Remove(service, second);
        Assert.Empty(WhoAnswers(service, transport));
    }

    [Theory]
    [Trait("Defect", "D21")]
    [Trait("case", "K8S-02")]
    [ClassData(typeof(FlowKinds))]
    public void TwoPortsOfOneServiceHavePodsOfTheirOwnWhichGoOneAtATime(Family family, Transport transport)
    {
        (Pod first, Pod second) = (new Pod(1), new Pod(2));
        Service web = Cluster.Add(family, transport, 80, targetPort: 100, pods: [first]);
        Service admin = Cluster.Add(family, transport, 81, targetPort: 101, pods: [second]);
        Assert.Equal([first], WhoAnswers(web, transport));
        Assert.Equal([second], WhoAnswers(admin, transport));
        Cluster.Remove(web, first);
        Assert.Empty(WhoAnswers(web, transport));
        Assert.Equal([second], WhoAnswers(admin, transport));
        Cluster.Remove(admin, second);
        Assert.Empty(WhoAnswers(admin, transport));
    }

    [Theory]
    [Trait("case", "K8S-03")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void OnePortOverTcpAndUdpThenOverTcpOnlyThenOverUdpOnly(Family family)
    {
        Service tcp = Cluster.Add(family, Transport.Tcp, 80, pods: [new Pod(1)]);
        Service udp = Cluster.Add(family, Transport.Udp, 80, pods: [new Pod(1)]);
        AssertServes(tcp, tcp: true, udp: true);
        Cluster.Remove(udp);
        AssertServes(tcp, tcp: true, udp: false);
        udp = Cluster.Add(family, Transport.Udp, 80, pods: [new Pod(1)]);
        Cluster.Remove(tcp);
        AssertServes(udp, tcp: false, udp: true);
    }

    [Theory]
    [Trait("case", "K8S-08")]
    [ClassData(typeof(FlowKinds))]
    public void EveryPodIsReachedThroughTheService(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: Pod.First(8));
        Assert.Equal(Pod.First(8), WhoAnswers(service, transport, 8 * FlowCount));
    }

    [Theory]
    [Trait("case", "K8S-10")]
    [ClassData(typeof(FlowKinds))]
    public void ServicesComeUpAndGoDownWithoutEachOther(Family family, Transport transport)
    {
        Service first = Add(family, transport, 1, new Pod(1));
        Service second = Add(family, transport, 2, new Pod(2));
        Cluster.Remove(first);
        Assert.Empty(Reached(first, transport));
        Assert.Equal([new Pod(2)], WhoAnswers(second, transport));
        Service third = Add(family, transport, 3, new Pod(3));
        Assert.Equal([new Pod(2)], WhoAnswers(second, transport));
        Assert.Equal([new Pod(3)], WhoAnswers(third, transport));
    }

    [Theory]
    [Trait("case", "K8S-11")]
    [ClassData(typeof(FlowKinds))]
    public void ARecreatedServiceServesWithItsNewPodsOnly(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: [new Pod(1)]);
        byte[] request = FromClient(FlowTo(service, transport, 7));
        Assert.Equal([new Pod(1)], AssertReachedPods([request], ClientsSend(request), family));
        Cluster.Remove(service);
        service = Cluster.Add(family, transport, 80, pods: [new Pod(2)]);
        Assert.Equal([new Pod(2)], AssertReachedPods([request], ClientsSend(request), family));
        Assert.Equal([new Pod(2)], WhoAnswers(service, transport));
    }

    /// <summary>The address is nobody's: no interface of the host has it.</summary>
    [Theory]
    [Trait("case", "K8S-13")]
    [ClassData(typeof(FlowKinds))]
    public void AnExternalAddressServesLikeTheFirstOneWithPodsThatAreNamedOnce(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: [new Pod(1)]);
        string external = family == Family.Ip4 ? "192.0.2.10/32" : "2003:db8::10/128";
        Service second = service with { Prefix = external };
        Lab.Type($"ku vip {external} same_as {service.Prefix}");
        try
        {
            Assert.Equal([new Pod(1)], WhoAnswers(second, transport));
            Cluster.AddPods(second, new Pod(2));
            Assert.Equal([new Pod(1), new Pod(2)], WhoAnswers(service, transport));
            Assert.Equal([new Pod(1), new Pod(2)], WhoAnswers(second, transport));
            Cluster.Remove(service, new Pod(1));
            Assert.Equal([new Pod(2)], WhoAnswers(second, transport));
        }
        finally
        {
            Lab.Type($"ku vip {external} del");
        }

        Assert.Equal([new Pod(2)], WhoAnswers(service, transport));
        Assert.Empty(Reached(second, transport));
    }

    [Theory]
    [Trait("case", "K8S-25")]
    [ClassData(typeof(FlowKinds))]
    public void PortsAreAddedToAServiceAndTakenAwayWhileTheOthersServe(Family family, Transport transport)
    {
        Service web = Cluster.Add(family, transport, 80, pods: [new Pod(1)]);
        Flow flow = FlowTo(web, transport, 5);
        ClientsSend(FromClient(flow));
        Service other = Cluster.Add(family, transport, 81, pods: [new Pod(2)]);
        Assert.Equal([new Pod(2)], WhoAnswers(other, transport));
        Cluster.Remove(other);
        Assert.Empty(Reached(other, transport));
        byte[] request = FromClient(flow);
        Assert.Equal([new Pod(1)], AssertReachedPods([request], ClientsSend(request), family));
    }

    private Service Add(Family family, Transport transport, int number, Pod pod) => Cluster.Add(
        family, 80, Cluster.Word(transport), prefix: family == Family.Ip4 ? $"90.7.7.{number}/32" : $"2003::77:{number}/128", pods: [pod]);

    private void AssertServes(Service service, bool tcp, bool udp)
    {
        Assert.Equal(tcp, Reached(service, Transport.Tcp).Count > 0);
        Assert.Equal(udp, Reached(service, Transport.Udp).Count > 0);
    }

    /// <summary>Who new flows reach, in order; every one of them, or none at all.</summary>
    private Pod[] WhoAnswers(Service service, Transport transport, int flowCount = FlowCount)
    {
        Flow[] flows = NewFlows(service, transport, flowCount);
        IReadOnlyList<byte[]> requests = FromClients(flows, Opening);
        Capture capture = ClientsSend(requests);
        if (capture.On(Lab.PodSide).Count == 0)
            return [];
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, capture, service.Family, service.TargetPort);
        IReadOnlyList<byte[]> answers = Answers(flows, pods, service.Family, service.TargetPort);
        AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
        return [.. pods.Distinct().OrderBy(pod => pod.Number)];
    }

    /// <summary>What leaves towards the pods for new flows.</summary>
    private IReadOnlyList<byte[]> Reached(Service service, Transport transport) =>
        ClientsSend(FromClients(NewFlows(service, transport, FlowCount), Opening)).On(Lab.PodSide);

    private Flow[] NewFlows(Service service, Transport transport, int count)
    {
        _clients += count;
        return [.. Enumerable.Range(_clients - count, count).Select(i => FlowTo(service, transport, i))];
    }
}

[Collection<VppAloneCollection>]
public sealed class KubernetesInVpp(VppAlone host) : KubernetesStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class KubernetesInVppWithOneWorker(VppWithOneWorker host) : KubernetesStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class KubernetesInVppWithTwoWorkers(VppWithTwoWorkers host) : KubernetesStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class KubernetesInTheEmbeddedHost(EmbeddedHost host) : KubernetesStories(host);
