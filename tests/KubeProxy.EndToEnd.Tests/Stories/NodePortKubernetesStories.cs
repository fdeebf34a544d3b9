using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>What the end-to-end tests of Kubernetes ask of NodePort services. The trait names the case of docs/testing.md.</summary>
public abstract class NodePortKubernetesStories(HostFixture fixture) : NodePortStory(fixture)
{
    private const int FlowCount = 32;

    [Theory]
    [Trait("case", "K8S-04")]
    [ClassData(typeof(FlowKinds))]
    public void ANodePortServiceIsReachedAtItsClusterIpAndAtEveryAddressOfTheNode(Family family, Transport transport)
    {
        Service service = AddWithNodePort(family, transport, Pod.First(2));
        Flow[] flows =
        [
            .. Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, transport, i)),
            .. FlowsToNode(family, transport, FlowCount, FlowCount),
            .. FlowsToNode(family, transport, FlowCount, 2 * FlowCount, NodeAddress(family, onPodSide: true)),
        ];
        IReadOnlyList<Pod> pods = AssertServed(family, flows);
        foreach (IEnumerable<Pod> part in pods.Chunk(FlowCount))
            Assert.Equal(Pod.First(2), part.Distinct().OrderBy(pod => pod.Number));
    }

    [Theory]
    [Trait("case", "K8S-06")]
    [ClassData(typeof(FlowKinds))]
    public void AClientKeepsItsPodByItsAddressWhereverItReachesTheService(Family family, Transport transport)
    {
        Service service = Cluster.Add(
            family, 80, Cluster.Word(transport), TargetPort, pods: Pod.First(8), options: $"affinity 600 node_port {NodePort}");
        IPAddress client = Lab.Client(family, 1).Address;
        Flow[] flows = [.. Enumerable.Range(0, FlowCount).Select(i => new Flow(
            transport, new IPEndPoint(client, 20000 + i), i % 2 == 0 ? service.Vip : new IPEndPoint(NodeAddress(family), NodePort)))];
        Assert.Single(AssertServed(family, flows).Distinct());
    }

    /// <summary>A ClusterIP service becomes one with a node port, first over TCP, then over UDP under the same number.</summary>
    [Theory]
    [Trait("case", "K8S-14")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AServiceIsUpdatedToANodePortWithOneNumberForTcpAndUdp(Family family)
    {
        Service cluster = Cluster.Add(family, 80, "tcp", TargetPort, pods: Pod.First(2));
        AssertServed(family, [FlowTo(cluster, Transport.Tcp)]);
        Cluster.Remove(cluster);
        AddWithNodePort(family, Transport.Tcp, [new Pod(1)]);
        AddWithNodePort(family, Transport.Udp, [new Pod(2)]);
        Assert.Equal([new Pod(1)], AssertServed(family, FlowsToNode(family, Transport.Tcp, FlowCount)).Distinct());
        Assert.Equal([new Pod(2)], AssertServed(family, FlowsToNode(family, Transport.Udp, FlowCount)).Distinct());
    }

    [Theory]
    [Trait("case", "K8S-15")]
    [ClassData(typeof(FlowKinds))]
    public void ANodePortThatIsTakenIsRefusedUntilItsServiceIsDeleted(Family family, Transport transport)
    {
        Service first = AddWithNodePort(family, transport, [new Pod(1)]);
        string second = family == Family.Ip4 ? "90.1.2.4/32" : "2003::4/128";
        string answer = Host.Cli($"ku vip {second} port 80 protocol {Cluster.Word(transport)} node_port {NodePort}");
        Assert.Contains($"node_port {NodePort} protocol {Cluster.Word(transport)} is taken by service", answer, StringComparison.Ordinal);
        Cluster.Remove(first);
        AddWithNodePort(family, transport, [new Pod(2)], prefix: second);
        Assert.Equal([new Pod(2)], AssertServed(family, FlowsToNode(family, transport, FlowCount)).Distinct());
    }

    [Theory]
    [Trait("case", "K8S-16")]
    [ClassData(typeof(FlowKinds))]
    public void ANodePortOutOfTheRangeIsRefusedOnCreationAndOnUpdateOfTheRange(Family family, Transport transport)
    {
        string prefix = family == Family.Ip4 ? "90.1.2.4/32" : "2003::4/128";
        string answer = Host.Cli($"ku vip {prefix} port 80 protocol {Cluster.Word(transport)} node_port 29999");
        Assert.Equal("kube-proxy vip: node_port 29999 is out of the node port range (30000 to 32767)", answer);
        AddWithNodePort(family, transport, [new Pod(1)]);
        string before = Host.Cli("show ku");
        Assert.Contains("leaves out node_port 30080", Host.Cli("ku conf node-port-range 30081-32767"), StringComparison.Ordinal);
        Assert.Equal(before, Host.Cli("show ku"));
        Assert.Equal([new Pod(1)], AssertServed(family, FlowsToNode(family, transport, FlowCount)).Distinct());
        Lab.Type("ku conf node-port-range 29999-32767");
        try
        {
            Cluster.Remove(AddWithNodePort(family, transport, [new Pod(2)], 29999, prefix));
        }
        finally
        {
            Host.Cli("ku conf node-port-range 30000-32767");
        }
    }

    [Theory]
    [Trait("case", "K8S-17")]
    [ClassData(typeof(FlowKinds))]
    public void ANodePortIsReleasedWithItsServiceAndServesTheNextOne(Family family, Transport transport)
    {
        string before = Delivery(FromClient(ToNode(family, transport)));
        Service first = AddWithNodePort(family, transport, [new Pod(1)]);
        AssertServed(family, FlowsToNode(family, transport, FlowCount));
        Cluster.Remove(first);
        Assert.Equal(before, Delivery(FromClient(ToNode(family, transport))));
        AddWithNodePort(family, transport, [new Pod(2)], port: 8000);
        Assert.Equal([new Pod(2)], AssertServed(family, FlowsToNode(family, transport, FlowCount)).Distinct());
    }
}

[Collection<VppAloneCollection>]
public sealed class NodePortKubernetesInVpp(VppAlone host) : NodePortKubernetesStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class NodePortKubernetesInVppWithOneWorker(VppWithOneWorker host) : NodePortKubernetesStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class NodePortKubernetesInVppWithTwoWorkers(VppWithTwoWorkers host) : NodePortKubernetesStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class NodePortKubernetesInTheEmbeddedHost(EmbeddedHost host) : NodePortKubernetesStories(host);
