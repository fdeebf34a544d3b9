using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Services whose pods see the node as their client.</summary>
public abstract class MasqueradeStories(HostFixture fixture) : MasqueradeStory(fixture)
{
    private const int FlowCount = 400;

    [Theory]
    [Trait("Defect", "D28")]
    [ClassData(typeof(PortKinds))]
    [Trait("case", "test_twice_nat_lb")]
    [Trait("case", "test_snat_v4")]
    [Trait("case", "test_snat_v6")]
    public void PodsSeeTheMasqueradeAddressAndTheirAnswersReachTheClients(Family family, Transport transport)
    {
        Service service = Add(family, transport, "");
        Flow[] flows = [.. Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, transport, i))];
        IReadOnlyList<byte[]> requests = FromClients(flows, PacketOptions.Plain with { Syn = true });
        IReadOnlyList<SeenFlow> seen = AssertMasqueraded(flows, requests, Exchange(new Injection(Lab.ClientSide, requests)), family, 8080, _ => NodeAddress(family));
        Assert.Equal(FlowCount, seen.Select(flow => (flow.Pod, flow.Source)).Distinct().Count());
        AssertAnswersReach(seen, Lab.ClientSide, _ => Lab.ToClients, PacketOptions.Plain with { Syn = true, Ack = true });

        // The flows go on as they began, TCP also when it reaches another worker.
        int worker = transport == Transport.Tcp ? OtherWorker : 0;
        IReadOnlyList<byte[]> more = FromClients(flows);
        Assert.Equal(seen, AssertMasqueraded(flows, more, Exchange(new Injection(Lab.ClientSide, more, worker)), family, 8080, _ => NodeAddress(family)));
        AssertAnswersReach(seen, Lab.ClientSide, _ => Lab.ToClients);
    }

    [Theory]
    [ClassData(typeof(PortKinds))]
    public void ClientsFromOutsideAreMasqueradedAndThoseOfTheVipKeepTheirAddress(Family family, Transport transport)
    {
        Service service = Add(family, transport, " outside");
        string external = family == Family.Ip4 ? "192.0.2.99" : "2001:db8::99";
        Lab.Type($"ku vip {external} same_as {service.Prefix}");
        Flow[] flows = [.. Enumerable.Range(0, 40).Select(i => FlowTo(service, transport, i)).Select(
            (flow, i) => i % 2 == 0 ? flow : flow with { Destination = new IPEndPoint(IPAddress.Parse(external), 80) })];
        IReadOnlyList<byte[]> requests = FromClients(flows);
        IReadOnlyList<SeenFlow> seen = AssertMasqueraded(
            flows, requests, ClientsSend(requests), family, 8080, id => id % 2 == 0 ? flows[id].Source.Address : NodeAddress(family));
        Assert.All(seen.Where((_, id) => id % 2 == 0), flow => Assert.Equal(flow.Client.Source, flow.Source));
        AssertAnswersReach(seen, Lab.ClientSide, _ => Lab.ToClients);
        Lab.Type($"ku vip {external} del");
    }

    /// <summary>Kubernetes' externalTrafficPolicy Cluster: "external to nodePort" is masqueraded, "pod to cluster IP" is not.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void WhatComesToANodePortIsMasqueradedAndWhatComesToTheClusterIpIsNot(Family family, Transport transport)
    {
        Service service = Add(family, transport, " outside node_port 30080");
        IPAddress node = IPAddress.Parse(family == Family.Ip4 ? "10.1.0.1" : "fd01::1");
        Flow[] flows = [.. Enumerable.Range(0, 40).Select(i => FlowTo(service, transport, i)).Select(
            (flow, i) => i % 2 == 0 ? flow : flow with { Destination = new IPEndPoint(node, 30080) })];
        IReadOnlyList<byte[]> requests = FromClients(flows, PacketOptions.Plain with { Syn = true });
        IReadOnlyList<SeenFlow> seen = AssertMasqueraded(
            flows, requests, ClientsSend(requests), family, 8080, id => id % 2 == 0 ? flows[id].Source.Address : NodeAddress(family));
        Assert.All(seen.Where((_, id) => id % 2 == 0), flow => Assert.Equal(flow.Client.Source, flow.Source));
        AssertAnswersReach(seen, Lab.ClientSide, _ => Lab.ToClients, PacketOptions.Plain with { Syn = true, Ack = true });
    }

    [Theory]
    [Trait("Defect", "REG-FDIO-6")]
    [Trait("Check", "I-11")]
    [ClassData(typeof(FlowKinds))]
    [Trait("case", "test_dynamic_out_of_ports")]
    [Trait("case", "test_dynamic_ports_exhausted")]
    public void WithoutAFreePortAFlowIsRefusedAndTheOthersGoOn(Family family, Transport transport)
    {
        Service service = Add(family, transport, "", pods: [new Pod(1)]);
        int ports = (Host.WorkerCount + 1) * 4;
        Lab.Type($"ku conf masquerade-ports 40000-{40000 + ports - 1}");
        Flow[] flows = [.. Enumerable.Range(0, 10).Select(i => FlowTo(service, transport, i))];
        IReadOnlyList<byte[]> requests = FromClients(flows, PacketOptions.Plain with { Syn = true });
        Capture capture = ClientsSend(requests);
        Assert.Equal(4, capture.On(Lab.PodSide).Count);
        Assert.Equal(6, capture.On(Lab.ClientSide).Count);
        foreach (byte[] refusal in capture.On(Lab.ClientSide)) AssertRefusal(refusal, flows, transport);
        Assert.Equal(capture.On(Lab.PodSide), ClientsSend(requests).On(Lab.PodSide));
        Lab.Type("ku conf masquerade-ports 32768-65535");
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void TheSourceIsShownWhereverSessionsAre(Family family, Transport transport)
    {
        Service service = Add(family, transport, "", pods: [new Pod(1)]);
        Flow flow = FlowTo(service, transport);
        string question = $"show ku why {Cluster.Word(transport)} {flow.Source.Address} {flow.Source.Port} {flow.Destination.Address} 80";
        Assert.Contains($"source   {flow.Source} -> {NodeAddress(family)}, a port of the worker's", Host.Cli(question), StringComparison.Ordinal);
        byte[] request = FromClient(flow);
        Host.Cli("trace add pg-input 1");
        SeenFlow seen = Assert.Single(AssertMasqueraded([flow], [request], ClientsSend(request), family, 8080, _ => NodeAddress(family)));
        Assert.Contains($"    source {flow.Source} -> {seen.Source}\n    destination {service.Vip} -> {seen.PodEnd}", Host.Cli("show trace"), StringComparison.Ordinal);
        Host.Cli("clear trace");
        Assert.Contains($"source   {flow.Source} -> {seen.Source}", Host.Cli(question), StringComparison.Ordinal);
        string line = Assert.Single(Host.Cli("show ku sessions").Split('\n'), line => line.Contains($"{flow.Source} ", StringComparison.Ordinal));
        Assert.Contains($" {seen.Source} ", line, StringComparison.Ordinal);
        Assert.Contains($"masquerade {NodeAddress(family)}\n", Host.Cli($"show ku vip {service.Prefix} verbose"), StringComparison.Ordinal);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void SessionsByAnAddressThatIsTakenAwayAreOver(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: [new Pod(1)]);
        string external = family == Family.Ip4 ? "192.0.2.99" : "2001:db8::99";
        Flow flow = FlowTo(service, transport) with { Destination = new IPEndPoint(IPAddress.Parse(external), 80) };
        Lab.Type($"ku vip {external} same_as {service.Prefix}");
        Assert.Equal([new Pod(1)], AssertReachedPods([FromClient(flow)], ClientsSend(FromClient(flow)), family));
        Lab.Type($"ku vip {external} del");
        Service other = Cluster.Add(family, 80, Cluster.Word(transport), prefix: $"{external}/{(family == Family.Ip4 ? 32 : 128)}", pods: [new Pod(2)]);
        Assert.Equal([new Pod(2)], AssertReachedPods([FromClient(flow)], ClientsSend(FromClient(flow)), family));
        Cluster.Remove(other);
    }

    private Service Add(Family family, Transport transport, string words, IEnumerable<Pod>? pods = null) => Cluster.Add(
        family, 80, Cluster.Word(transport), 8080, pods: pods, options: $"masquerade {NodeAddress(family)}{words}");

    private static void AssertRefusal(byte[] frame, Flow[] flows, Transport transport)
    {
        IpView view = new(frame);
        if (transport == Transport.Tcp) Assert.Contains(view.Flow.Reversed, flows);
        else Assert.Contains(flows, flow => flow.Destination.Address.Equals(new IpView(frame).Source));
    }
}

[Collection<VppAloneCollection>]
public sealed class MasqueradeInVpp(VppAlone host) : MasqueradeStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class MasqueradeInVppWithOneWorker(VppWithOneWorker host) : MasqueradeStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class MasqueradeInVppWithTwoWorkers(VppWithTwoWorkers host) : MasqueradeStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class MasqueradeInTheEmbeddedHost(EmbeddedHost host) : MasqueradeStories(host);
