using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Services under a port of the node's own addresses.</summary>
public abstract class NodePortStories(HostFixture fixture) : NodePortStory(fixture)
{
    private const int FlowCount = 64;

    [Theory]
    [Trait("Defect", "D4")]
    [Trait("Defect", "D9")]
    [Trait("Defect", "A-6")]
    [ClassData(typeof(FlowKinds))]
    public void ANodePortServesOnEveryAddressOfTheNodeAndAnswersComeFromThere(Family family, Transport transport)
    {
        AddWithNodePort(family, transport, Pod.First(4));
        IReadOnlyList<Pod> pods = AssertServed(family, FlowsToNode(family, transport, FlowCount));
        Assert.Equal(4, pods.Distinct().Count());
        AssertServed(family, FlowsToNode(family, transport, FlowCount, FlowCount, NodeAddress(family, onPodSide: true)));
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AnAddressThatIsAddedLaterServesToo(Family family, Transport transport)
    {
        AddWithNodePort(family, transport, Pod.First(2));
        string address = family == Family.Ip4 ? "10.1.7.7" : "fd01::7:7";
        string line = $"{Lab.ClientSide} {address}/{(family == Family.Ip4 ? 16 : 64)}";
        Lab.Type($"set interface ip address {line}");
        try
        {
            AssertServed(family, FlowsToNode(family, transport, FlowCount, node: IPAddress.Parse(address)));
        }
        finally
        {
            Host.Cli($"set interface ip address del {line}");
        }
    }

    /// <summary>Its address serves packets that come in by it, and those that come in by another interface.</summary>
    [Fact]
    public void AnInterfaceThatIsMadeLaterServesToo()
    {
        foreach (Family family in Enum.GetValues<Family>())
            Cluster.Add(family, 80, protocol: null, TargetPort, pods: Pod.First(2), options: $"node_port {NodePort}");
        string later = Host.CreatePacketInterface(2);
        Host.TypeAll([$"set interface ip address {later} 10.7.0.1/16", $"set interface ip address {later} fd07::1/64"]);
        int number = 0;
        foreach ((Family family, string address) in new[] { (Family.Ip4, "10.7.0.1"), (Family.Ip6, "fd07::1") })
        {
            foreach (Transport transport in FlowKinds.Transports)
            {
                foreach (string side in new[] { Lab.ClientSide, later })
                    AssertServed(family, FlowsToNode(family, transport, FlowCount, number += FlowCount, IPAddress.Parse(address)), side);
            }
        }

        if (Host is VppHost)
            Host.DeletePacketInterface(later);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void WithoutPodsTheNodePortRefusesAndServesAsSoonAsAPodAppears(Family family, Transport transport)
    {
        Service service = AddWithNodePort(family, transport, []);
        AssertRefused(ToNode(family, transport));
        Cluster.AddPods(service, new Pod(5));
        Assert.Equal([new Pod(5)], AssertServed(family, [ToNode(family, transport)]).Distinct());
    }

    [Theory]
    [Trait("Defect", "D9")]
    [Trait("Defect", "A-6")]
    [ClassData(typeof(FlowKinds))]
    public void WhatIsNoNodePortIsDeliveredToTheNodeAsBefore(Family family, Transport transport)
    {
        Transport other = transport == Transport.Tcp ? Transport.Udp : Transport.Tcp;
        byte[][] frames = [FromClient(ToNode(family, transport, 1, 30081)), FromClient(ToNode(family, other, 2))];
        string[] before = [.. frames.Select(frame => Delivery(frame))];
        Service service = AddWithNodePort(family, transport, Pod.First(2));
        Assert.Equal(before, frames.Select(frame => Delivery(frame)));
        Cluster.Remove(service);
        Assert.Equal(before, frames.Select(frame => Delivery(frame)));
    }

    [Theory]
    [Trait("Defect", "D14")]
    [Trait("Defect", "A-15")]
    [ClassData(typeof(FlowKinds))]
    public void ADeletedNodePortIsTheNodesAgainAndMayBeGivenAgain(Family family, Transport transport)
    {
        byte[] frame = FromClient(ToNode(family, transport));
        string before = Delivery(frame);
        for (int round = 0; round < 3; round++)
        {
            Service service = AddWithNodePort(family, transport, [new Pod(round + 1)]);
            Assert.Equal([new Pod(round + 1)], AssertServed(family, FlowsToNode(family, transport, FlowCount)).Distinct());
            Cluster.Remove(service);
            Assert.Equal(before, Delivery(frame));
        }
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AnswersThatArriveOnAnotherWorkerLeaveFromTheNodePort(Family family, Transport transport)
    {
        Assert.SkipUnless(Host.WorkerCount > 1, "one thread");
        AddWithNodePort(family, transport, Pod.First(4));
        AssertServed(family, FlowsToNode(family, transport, FlowCount), answersOnWorker: 1);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AChangeOfPodsIsAChangeOfTheNodePort(Family family, Transport transport)
    {
        Service service = AddWithNodePort(family, transport, Pod.First(2));
        AssertServed(family, FlowsToNode(family, transport, FlowCount));
        Cluster.Remove(service, new Pod(1));
        Assert.Equal([new Pod(2)], AssertServed(family, FlowsToNode(family, transport, FlowCount, FlowCount)).Distinct());
        Cluster.AddPods(service, new Pod(3));
        IReadOnlyList<Pod> pods = AssertServed(family, FlowsToNode(family, transport, FlowCount, 2 * FlowCount));
        Assert.Equal([new Pod(2), new Pod(3)], pods.Distinct().OrderBy(pod => pod.Number));
    }

    [Theory]
    [Trait("Defect", "D13")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AClashIsRefusedAndTheFirstServiceKeepsItsPort(Family family)
    {
        (string first, string second) = family == Family.Ip4 ? ("90.1.2.3/32", "90.1.2.4/32") : ("2003::3/128", "2003::4/128");
        AddWithNodePort(family, Transport.Tcp, [new Pod(1)]);
        string before = Host.Cli("show ku vips");
        Assert.Equal(
            $"kube-proxy vip: node_port 30080 protocol tcp is taken by service protocol tcp port 80 of VIP {first}",
            Host.Cli($"ku vip {second} port 80 node_port 30080"));
        Assert.Equal(before, Host.Cli("show ku vips"));
        Assert.Equal([new Pod(1)], AssertServed(family, FlowsToNode(family, Transport.Tcp, FlowCount)).Distinct());
        AddWithNodePort(family, Transport.Udp, [new Pod(2)], prefix: second);
        Assert.Equal([new Pod(2)], AssertServed(family, FlowsToNode(family, Transport.Udp, FlowCount)).Distinct());
    }

    /// <summary>RFC 4291 section 2.5.6: what comes from or goes to an address of the link is not sent on.</summary>
    [Theory]
    [InlineData("fe80::c", "fd01::1")]
    [InlineData("fdc0::5", "ff02::1")]
    public void WhatMustNotLeaveTheLinkIsLeftToTheNode(string source, string destination)
    {
        AddWithNodePort(Family.Ip6, Transport.Udp, Pod.First(2));
        Flow flow = new(Transport.Udp, new IPEndPoint(IPAddress.Parse(source), 4000), new IPEndPoint(IPAddress.Parse(destination), NodePort));
        ErrorCounters before = ErrorCounters.Of(Host);
        Assert.Empty(ClientsSend(FromClient(flow)).On(Lab.PodSide));
        Assert.DoesNotContain(ErrorCounters.Of(Host).Since(before), row => row.Key.StartsWith("kp", StringComparison.Ordinal));
    }

    /// <summary>The pod's packets come back to the node port: the second round finds the client's port in use with the only pod.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void APodThatIsTheNodeItselfDoesNotGoRoundForEver(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, 80, Cluster.Word(transport), NodePort, pods: [], options: $"node_port {NodePort}");
        Lab.Type($"ku pod {service.Key} {NodeAddress(family, onPodSide: true)}");
        string delivered = Delivery(FromClient(ToNode(family, transport), Opening));
        Assert.Contains($"{(family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6")}: return path clash 1", delivered, StringComparison.Ordinal);
        Assert.True(Host.IsAlive);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void TheTraceNamesThePortAndTheServiceOrSaysThatThePacketPassedOn(Family family, Transport transport)
    {
        Service service = AddWithNodePort(family, transport, [new Pod(1)]);
        Flow flow = ToNode(family, transport);
        Host.Cli("clear trace");
        Host.Cli("trace add pg-input 3");
        ClientsSend(FromClient(flow, Opening), FromClient(ToNode(family, transport, port: 30081), Opening));
        PodsSend(FromPod(new Pod(1), new Flow(transport, new Pod(1).At(family, TargetPort), flow.Source), Opening with { Ack = true }));
        string trace = Host.Cli("show trace");
        Host.Cli("clear trace");
        string node = family == Family.Ip4 ? "kp4-nodeport" : "kp6-nodeport";
        string words = $"{service.Prefix} protocol {Cluster.Word(transport)} port 80";
        string packet = $"{Cluster.Word(transport)} {flow.Source} -> {flow.Destination}";
        Assert.Contains($"{node}: {packet} node port 30080 -> service {words}", trace, StringComparison.Ordinal);
        Assert.Contains($"{(family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6")}: {packet} service {words} pod", trace, StringComparison.Ordinal);
        Assert.Contains($"{node}: passed on", trace, StringComparison.Ordinal);
        Assert.Contains($"-> {flow.Source} service {words} pod", trace, StringComparison.Ordinal);
    }
}

[Collection<VppAloneCollection>]
public sealed class NodePortsInVpp(VppAlone host) : NodePortStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class NodePortsInVppWithOneWorker(VppWithOneWorker host) : NodePortStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class NodePortsInVppWithTwoWorkers(VppWithTwoWorkers host) : NodePortStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class NodePortsInTheEmbeddedHost(EmbeddedHost host) : NodePortStories(host);
