using System.Globalization;
using System.Net;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>What a story is told with: packets from clients and pods, and what must leave for them.</summary>
public abstract class Story : IDisposable
{
    protected Story(HostFixture fixture)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        Lab = fixture.Open();
        Cluster = new Cluster(Lab);
        Lab.Type("test kube-proxy flowtable flush");
    }

    protected Lab Lab { get; }

    protected Cluster Cluster { get; }

    protected IPacketHost Host => Lab.Host;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            Cluster.Dispose();
    }

    /// <summary>Live sessions of all workers.</summary>
    protected int SessionCount() => HostUse.Sessions(Host);

    /// <summary>What the host's trace says about packets.</summary>
    protected string Traced(Action send)
    {
        ArgumentNullException.ThrowIfNull(send);
        Host.Cli("clear trace");
        Host.Cli("trace add pg-input 10");
        send();
        string trace = Host.Cli("show trace");
        Host.Cli("clear trace");
        return trace;
    }

    /// <summary>Time passes for the host: VPP's clock is moved, the embedded host has only the real one.</summary>
    protected void LetPass(double seconds)
    {
        if (Host is VppHost)
            Lab.Type(string.Create(CultureInfo.InvariantCulture, $"set clock adjust {seconds}"));
        else
            Thread.Sleep(TimeSpan.FromSeconds(seconds));
    }

    /// <summary>The n-th client's flow to a service.</summary>
    protected static Flow FlowTo(Service service, Transport transport, int number = 0, int? port = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        return new Flow(transport, Lab.Client(service.Family, number), new IPEndPoint(service.Vip.Address, port ?? service.Vip.Port));
    }

    /// <summary>A packet of a client, numbered by its place in the list.</summary>
    protected IReadOnlyList<byte[]> FromClients(IEnumerable<Flow> flows, PacketOptions? options = null) =>
        [.. flows.Select((flow, id) => PacketFactory.Build(flow, Lab.FromClients, (options ?? PacketOptions.Plain) with { Id = id }))];

    protected byte[] FromClient(Flow flow, PacketOptions? options = null) => PacketFactory.Build(flow, Lab.FromClients, options ?? PacketOptions.Plain);

    protected byte[] FromPod(Pod pod, Flow flow, PacketOptions? options = null) =>
        PacketFactory.Build(flow, Lab.From(pod), options ?? PacketOptions.Plain);

    protected Capture ClientsSend(params IReadOnlyList<byte[]> frames) => Exchange(new Injection(Lab.ClientSide, frames));

    /// <summary>A packet of each flow, and the pods that they reach.</summary>
    protected IReadOnlyList<Pod> PodsOf(Service service, IReadOnlyList<Flow> flows, PacketOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        IReadOnlyList<byte[]> requests = FromClients(flows, options);
        return AssertReachedPods(requests, ClientsSend(requests), service.Family, service.TargetPort);
    }

    /// <summary>The same, and the pods' answers, which reach the clients with the address that they asked.</summary>
    protected IReadOnlyList<Pod> Converse(Service service, IReadOnlyList<Flow> flows, PacketOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        IReadOnlyList<Pod> pods = PodsOf(service, flows, options);
        IReadOnlyList<byte[]> answers = Answers(flows, pods, service.Family, service.TargetPort);
        AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
        return pods;
    }

    protected Capture PodsSend(params IReadOnlyList<byte[]> frames) => Exchange(new Injection(Lab.PodSide, frames));

    /// <summary>Sends, and checks what holds for all that leaves: right checksums.</summary>
    protected Capture Exchange(Injection injection)
    {
        Capture capture = Host.Exchange(injection);
        foreach (byte[] frame in capture.All)
            Assert.Null(Checksums.Fault(frame));
        return capture;
    }

    /// <summary>Every frame left once, on the pods' side, byte for byte as a translation to one of the pods; returns the pod of each.</summary>
    protected IReadOnlyList<Pod> AssertReachedPods(IReadOnlyList<byte[]> sent, Capture capture, Family family, int? targetPort = null)
    {
        ArgumentNullException.ThrowIfNull(sent);
        ArgumentNullException.ThrowIfNull(capture);
        Dictionary<IPAddress, Pod> pods = Pod.First(Pod.Count).ToDictionary(pod => pod.Address(family));
        byte[][] left = InOrderOfId(sent.Count, capture, Lab.PodSide);
        Pod[] chosen = new Pod[sent.Count];
        for (int id = 0; id < chosen.Length; id++)
        {
            IpView view = new(left[id]);
            Assert.True(pods.TryGetValue(view.Destination, out Pod? pod), $"packet {id} left for {view.Destination}, which is no pod");
            int port = targetPort ?? new IpView(sent[id]).DestinationPort;
            AssertSame(Expect.ToPod(sent[id], Lab.To(pod!), pod!.At(family, port)), left[id]);
            chosen[id] = pod;
        }

        return chosen;
    }

    /// <summary>
    /// None of these packets reaches a pod, each is counted under the reason, and no session is left. Whether all are answered
    /// depends on the limit of answers, see RejectStories.
    /// </summary>
    protected void AssertNobodyServes(IReadOnlyList<byte[]> frames, string reason = "no pod")
    {
        ArgumentNullException.ThrowIfNull(frames);
        string node = new IpView(frames[0]).IsIp4 ? "kp4-nat4" : "kp6-nat6";
        (int sessions, ErrorCounters before) = (SessionCount(), ErrorCounters.Of(Host));
        Assert.Empty(ClientsSend(frames).On(Lab.PodSide));
        Assert.Equal(frames.Count, ErrorCounters.Of(Host).Since(before).GetValueOrDefault($"{node}: {reason}"));
        Assert.Equal(sessions, SessionCount());
    }

    /// <summary>Every frame left once, on the clients' side, byte for byte with the VIP as its source.</summary>
    protected void AssertReachedClients(IReadOnlyList<byte[]> sent, Capture capture, Func<int, IPEndPoint> vipOf)
    {
        ArgumentNullException.ThrowIfNull(sent);
        ArgumentNullException.ThrowIfNull(capture);
        ArgumentNullException.ThrowIfNull(vipOf);
        byte[][] left = InOrderOfId(sent.Count, capture, Lab.ClientSide);
        for (int id = 0; id < sent.Count; id++)
            AssertSame(Expect.FromVip(sent[id], Lab.ToClients, vipOf(id)), left[id]);
    }

    /// <summary>The answers of the pods to packets that reached them, numbered alike.</summary>
    protected IReadOnlyList<byte[]> Answers(IReadOnlyList<Flow> flows, IReadOnlyList<Pod> pods, Family family, int? targetPort = null)
    {
        ArgumentNullException.ThrowIfNull(pods);
        return [.. flows.Select((flow, id) =>
        {
            IPEndPoint pod = pods[id].At(family, targetPort ?? flow.Destination.Port);
            return FromPod(pods[id], new Flow(flow.Transport, pod, flow.Source), PacketOptions.Plain with { Id = id });
        })];
    }

    protected static void AssertSame(byte[] expected, byte[] actual)
    {
        if (!expected.AsSpan().SequenceEqual(actual))
            Assert.Fail($"expected {Text(expected)}\nbut left {Text(actual)}");
    }

    /// <summary>In words where PacketDotNet cannot take the payload for headers that are not there, and byte by byte.</summary>
    protected static string Text(byte[] frame) => new IpView(frame).Protocol is not (IpView.Tcp or IpView.Udp)
        ? Convert.ToHexString(frame)
        : $"{PacketDotNet.Packet.ParsePacket(PacketDotNet.LinkLayers.Ethernet, frame).ToString(PacketDotNet.StringOutputType.Normal)}\n  {Convert.ToHexString(frame)}";

    private static byte[][] InOrderOfId(int count, Capture capture, string side)
    {
        byte[]?[] byId = new byte[count][];
        foreach (byte[] frame in capture.On(side))
        {
            int id = PacketFactory.IdOf(frame) ?? -1;
            Assert.True(id >= 0 && id < count, $"a packet that nobody sent left {side}: {Text(frame)}");
            Assert.True(byId[id] is null, $"packet {id} left {side} twice");
            byId[id] = frame;
        }

        int missing = byId.Count(frame => frame is null);
        Assert.True(missing == 0, $"{missing} of {count} packets did not leave {side}, the first is number {Array.IndexOf(byId, null)}");
        Assert.Equal(count, capture.Count);
        return byId!;
    }
}
