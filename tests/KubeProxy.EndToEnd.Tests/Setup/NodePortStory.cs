using System.Buffers.Binary;
using System.Net;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>What stories of node ports are told with: services that have one, flows to the node's own addresses, and local delivery.</summary>
public abstract class NodePortStory(HostFixture fixture) : Story(fixture)
{
    protected const int NodePort = 30080;
    protected const int TargetPort = 8080;
    protected static readonly PacketOptions Opening = PacketOptions.Plain with { Syn = true };

    protected Service AddWithNodePort(
        Family family, Transport transport, IEnumerable<Pod> pods, int nodePort = NodePort, string? prefix = null, int port = 80) =>
        Cluster.Add(family, port, Cluster.Word(transport), TargetPort, prefix, pods, $"node_port {nodePort}");

    /// <summary>The node's address on the clients' interface, or on the pods'.</summary>
    protected static IPAddress NodeAddress(Family family, bool onPodSide = false) => IPAddress.Parse(family == Family.Ip4
        ? (onPodSide ? "10.2.0.1" : "10.1.0.1")
        : (onPodSide ? "fd02::1" : "fd01::1"));

    /// <summary>The n-th client's flow to a port of the node.</summary>
    protected static Flow ToNode(Family family, Transport transport, int number = 0, int port = NodePort, IPAddress? node = null) =>
        new(transport, Lab.Client(family, number), new IPEndPoint(node ?? NodeAddress(family), port));

    protected static Flow[] FlowsToNode(Family family, Transport transport, int count, int first = 0, IPAddress? node = null) =>
        [.. Enumerable.Range(first, count).Select(i => ToNode(family, transport, i, node: node))];

    /// <summary>Every flow's first packet reaches a pod, and the pod's answer its client, from where the client sent to.</summary>
    protected IReadOnlyList<Pod> AssertServed(Family family, IReadOnlyList<Flow> flows, string? enteringOn = null, int answersOnWorker = 0)
    {
        ArgumentNullException.ThrowIfNull(flows);
        string side = enteringOn ?? Lab.ClientSide;
        Link link = new(Lab.FromClients.From, Host.MacOf(side));
        byte[][] requests = [.. flows.Select((flow, id) => PacketFactory.Build(flow, link, Opening with { Id = id }))];
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, Exchange(new Injection(side, requests)), family, TargetPort);
        IReadOnlyList<byte[]> answers = Answers(flows, pods, family, TargetPort);
        Capture left = Exchange(new Injection(Lab.PodSide, answers, answersOnWorker));
        AssertReachedClients(answers, left, id => flows[id].Destination);
        return pods;
    }

    /// <summary>A reset or a "port unreachable" comes back from the node's address and port.</summary>
    protected void AssertRefused(Flow flow)
    {
        byte[] request = FromClient(flow, Opening);
        Capture capture = ClientsSend(request);
        byte[] answer = Assert.Single(capture.On(Lab.ClientSide));
        Assert.Equal(1, capture.Count);
        ushort identification = BinaryPrimitives.ReadUInt16BigEndian(new IpView(answer).Ip[4..]);
        AssertSame(
            flow.Transport == Transport.Tcp
                ? ExpectRefusal.Reset(request, Lab.ToClients)
                : ExpectRefusal.Unreachable(request, Lab.ToClients, identification),
            answer);
    }

    /// <summary>What becomes of a packet to the node: what is counted, by whom, and how many packets leave.</summary>
    protected string Delivery(params IReadOnlyList<byte[]> frames)
    {
        ErrorCounters before = ErrorCounters.Of(Host);
        Capture capture = ClientsSend(frames);
        IEnumerable<string> counted = ErrorCounters.Of(Host).Since(before)
            .Select(row => $"{row.Key} {row.Value}")
            .Append($"to clients {capture.On(Lab.ClientSide).Count}, to pods {capture.On(Lab.PodSide).Count}");
        return string.Join('\n', counted.Order(StringComparer.Ordinal));
    }
}
