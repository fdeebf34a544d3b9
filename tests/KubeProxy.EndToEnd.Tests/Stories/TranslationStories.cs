using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

public abstract class TranslationStories(HostFixture fixture) : Story(fixture)
{
    [Theory]
    [Trait("Defect", "D1")]
    [Trait("Defect", "A-1")]
    [Trait("case", "K8S-23")]
    [ClassData(typeof(PortKinds))]
    public void APacketToTheVipReachesAPodAndTheAnswerLeavesWithTheVipAsSource(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        AssertConversation(service, transport, FlowTo(service, transport), targetPort: null);
    }

    [Theory]
    [Trait("Defect", "D3")]
    [Trait("Defect", "A-7")]
    [Trait("Defect", "D4")]
    [ClassData(typeof(PortKinds))]
    public void ATargetPortIsWhatThePodSeesAndThePortIsWhatTheClientSees(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080);
        AssertConversation(service, transport, FlowTo(service, transport), targetPort: 8080);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void APortWithoutProtocolServesTcpAndUdp(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, 80, protocol: null);
        AssertConversation(service, transport, FlowTo(service, transport), targetPort: null);
    }

    [Theory]
    [Trait("Defect", "D10")]
    [ClassData(typeof(PortKinds))]
    public void AVipPrefixWithoutPortKeepsEveryPortAndEachAddressAnswersAsItself(Family family, Transport transport)
    {
        Service service = Cluster.AddPrefix(family, family == Family.Ip4 ? "90.0.0.0/8" : "2003::/16", Pod.First(4));
        string[] addresses = family == Family.Ip4 ? ["90.0.0.1", "90.255.1.2", "90.77.0.9"] : ["2003::1", "2003:ffff::2", "2003:0:1::9"];
        Flow[] flows = [.. addresses.SelectMany((address, i) => new[] { 1, 53, 443, 65535 }
            .Select(port => new Flow(transport, Lab.Client(family, i), new IPEndPoint(IPAddress.Parse(address), port))))];
        IReadOnlyList<byte[]> requests = FromClients(flows);
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, ClientsSend(requests), family);
        IReadOnlyList<byte[]> answers = Answers(flows, pods, family);
        AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
        Cluster.Remove(service);
    }

    [Theory]
    [Trait("Defect", "D10")]
    [ClassData(typeof(PortKinds))]
    public void AClientThatTalksToAPodDirectlyGetsUntouchedAnswers(Family family, Transport transport)
    {
        Pod pod = new(1);
        Cluster.Add(family, transport, 80, pods: [pod]);
        Flow direct = new(transport, Lab.Client(family, 3), pod.At(family, 80));
        byte[] request = FromClient(direct);
        AssertSame(Expect.Forwarded(request, Lab.To(pod)), Assert.Single(ClientsSend(request).On(Lab.PodSide)));
        byte[] answer = FromPod(pod, direct.Reversed);
        AssertSame(Expect.Forwarded(answer, Lab.ToClients), Assert.Single(PodsSend(answer).On(Lab.ClientSide)));
    }

    [Theory]
    [ClassData(typeof(PortKinds))]
    public void AClientUsingAServiceAndItsPodAtOnceGetsEachAnswerFromTheAddressItAsked(Family family, Transport transport)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(family, transport, 80, pods: [pod]);
        Flow[] flows = [FlowTo(service, transport, 1), new Flow(transport, Lab.Client(family, 2), pod.At(family, 80))];
        IReadOnlyList<byte[]> requests = FromClients(flows);
        AssertReachedPods(requests, ClientsSend(requests), family);
        IReadOnlyList<byte[]> answers = Answers(flows, [pod, pod], family);
        AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
    }

    [Theory]
    [Trait("Defect", "D10")]
    [ClassData(typeof(PortKinds))]
    public void TwoServicesThatShareAPodAndItsPortBothAnswerWithTheirOwnAddress(Family family, Transport transport)
    {
        Pod pod = new(2);
        string other = family == Family.Ip4 ? "90.7.7.7/32" : "2003::7777/128";
        Service first = Cluster.Add(family, transport, 80, targetPort: 8080, pods: [pod]);
        Service second = Cluster.Add(family, 81, Cluster.Word(transport), 8080, other, [pod]);
        Flow[] flows = [.. Enumerable.Range(0, 40).Select(i => FlowTo(i % 2 == 0 ? first : second, transport, i))];
        IReadOnlyList<byte[]> requests = FromClients(flows);
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, ClientsSend(requests), family, 8080);
        IReadOnlyList<byte[]> answers = Answers(flows, pods, family, 8080);
        AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
    }

    [Theory]
    [Trait("Defect", "D21")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void TcpAndUdpOnOnePortNumberAreTwoServicesWithTheirOwnPods(Family family)
    {
        Pod tcpPod = new(1);
        Pod udpPod = new(2);
        Service tcp = Cluster.Add(family, Transport.Tcp, 53, pods: [tcpPod]);
        Cluster.Add(family, Transport.Udp, 53, targetPort: 5353, pods: [udpPod]);
        byte[] overTcp = FromClient(FlowTo(tcp, Transport.Tcp));
        byte[] overUdp = FromClient(FlowTo(tcp, Transport.Udp));
        Assert.Equal([tcpPod], AssertReachedPods([overTcp], ClientsSend(overTcp), family));
        Assert.Equal([udpPod], AssertReachedPods([overUdp], ClientsSend(overUdp), family, 5353));
    }

    [Theory]
    [Trait("Defect", "D11")]
    [ClassData(typeof(PortKinds))]
    public void APodsOwnOutgoingTrafficPassesUntouched(Family family, Transport transport)
    {
        Pod pod = new(1);
        Cluster.Add(family, transport, 80, pods: [pod]);
        byte[] own = FromPod(pod, new Flow(transport, pod.At(family, 80), Lab.Client(family, 77)));
        AssertSame(Expect.Forwarded(own, Lab.ToClients), Assert.Single(PodsSend(own).On(Lab.ClientSide)));
    }

    private void AssertConversation(Service service, Transport transport, Flow flow, int? targetPort)
    {
        byte[] request = FromClient(flow, PacketOptions.Plain with { Syn = transport == Transport.Tcp });
        Capture capture = ClientsSend(request);
        IReadOnlyList<Pod> pods = AssertReachedPods([request], capture, service.Family, targetPort);
        IReadOnlyList<byte[]> answer = Answers([flow], pods, service.Family, targetPort);
        AssertReachedClients(answer, PodsSend(answer), _ => service.Vip);
    }
}

[Collection<VppAloneCollection>]
public sealed class TranslationInVpp(VppAlone host) : TranslationStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class TranslationInVppWithOneWorker(VppWithOneWorker host) : TranslationStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class TranslationInVppWithTwoWorkers(VppWithTwoWorkers host) : TranslationStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class TranslationInTheEmbeddedHost(EmbeddedHost host) : TranslationStories(host);
