using System.Buffers.Binary;
using System.Net;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>
/// What stories of clients of one family and pods of the other are told with. What must leave is crafted anew between the ends of that
/// side, so it shares nothing with the packet that was sent but its flow's ports, payload and hops.
/// </summary>
public abstract class TranslationStory(HostFixture fixture) : Story(fixture)
{
    protected const int TargetPort = 8080;
    private readonly List<string> _vips = [];

    protected int OtherWorker => Math.Max(0, Host.WorkerCount - 1);

    protected static Family PodFamily(Family family) => family == Family.Ip4 ? Family.Ip6 : Family.Ip4;

    protected static IPEndPoint VipOf(Family family, int port = 80) => new(IPAddress.Parse(family == Family.Ip4 ? "90.1.2.3" : "2003::3"), port);

    protected static string Nat(Family family) => family == Family.Ip4 ? "nat46" : "nat64 masquerade 10.2.0.1";

    protected static string Node(Family family) => family == Family.Ip4 ? "kp4-nat6" : "kp6-nat4";

    /// <summary>A client's address as its pods see it.</summary>
    protected static IPAddress Seen(IPAddress client) => IPAddress.Parse(
        client?.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? $"64:ff9b::{client}" : "10.2.0.1");

    /// <summary>The VIP of a family with a service whose pods are of the other.</summary>
    protected void Add(Family family, string key, string options, params IReadOnlyList<Pod> pods)
    {
        ArgumentNullException.ThrowIfNull(pods);
        string vip = $"{VipOf(family).Address}";
        Lab.Type($"ku vip {vip} {key} {options} {Nat(family)}".Replace("  ", " ", StringComparison.Ordinal));
        _vips.Add($"ku vip {vip} {key} del".Replace("  ", " ", StringComparison.Ordinal));
        if (pods.Count > 0)
            Lab.Type($"ku pod {vip} {key} {string.Join(' ', pods.Select(pod => pod.Address(PodFamily(family))))}");
    }

    protected static Flow FlowOf(Family family, Transport transport, int number, int port = 80) =>
        new(transport, Lab.Client(family, number), VipOf(family, port));

    /// <summary>Every packet reached a pod as one of the pod's family; answers how each was seen.</summary>
    protected IReadOnlyList<SeenFlow> AssertReached(IReadOnlyList<Flow> flows, Capture capture, PacketOptions options)
    {
        ArgumentNullException.ThrowIfNull(flows);
        ArgumentNullException.ThrowIfNull(capture);
        Family family = flows[0].IsIp6 ? Family.Ip4 : Family.Ip6;
        Dictionary<IPAddress, Pod> pods = Pod.First(Pod.Count).ToDictionary(pod => pod.Address(family));
        Assert.Equal(flows.Count, capture.Count);
        Dictionary<int, byte[]> left = capture.On(Lab.PodSide).ToDictionary(frame => PacketFactory.IdOf(frame)!.Value);
        return [.. Enumerable.Range(0, flows.Count).Select(id =>
        {
            Flow seen = new IpView(left[id]).Flow;
            Pod pod = pods[seen.Destination.Address];
            int port = flows[id].IsIp6 ? seen.Source.Port : flows[id].Source.Port;
            var flow = new SeenFlow(flows[id], pod, pod.At(family, TargetPort), new IPEndPoint(Seen(flows[id].Source.Address), port));
            AssertAlike(Hop(new Flow(flows[id].Transport, flow.Source, flow.PodEnd), Lab.To(pod), options with { Id = id }), left[id]);
            return flow;
        })];
    }

    /// <summary>The pods answer to what they saw, on another worker; every answer reaches its client as one of the client's family.</summary>
    protected void AssertAnswered(IReadOnlyList<SeenFlow> flows, PacketOptions options)
    {
        ArgumentNullException.ThrowIfNull(flows);
        IReadOnlyList<byte[]> answers = [.. flows.Select((flow, id) =>
            FromPod(flow.Pod, new Flow(flow.Client.Transport, flow.PodEnd, flow.Source), options with { Id = id }))];
        Capture capture = Exchange(new Injection(Lab.PodSide, answers, OtherWorker));
        Assert.Equal(answers.Count, capture.Count);
        Dictionary<int, byte[]> left = capture.On(Lab.ClientSide).ToDictionary(frame => PacketFactory.IdOf(frame)!.Value);
        for (int id = 0; id < flows.Count; id++)
            AssertAlike(Hop(flows[id].Client.Reversed, Lab.ToClients, options with { Id = id }), left[id]);
    }

    /// <summary>One packet of a flow reaches a pod.</summary>
    protected SeenFlow Open(Flow flow)
    {
        PacketOptions options = PacketOptions.Plain with { Syn = true };
        return Assert.Single(AssertReached([flow], ClientsSend(FromClients([flow], options)), options));
    }

    /// <summary>A packet as it leaves after one hop.</summary>
    protected static byte[] Hop(Flow flow, Link link, PacketOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return PacketFactory.Build(flow, link, options with { TimeToLive = (byte)(options.TimeToLive - 1) });
    }

    /// <summary>The same but for the number that an IPv4 packet gets from whoever makes it one, and its own header's checksum.</summary>
    protected static void AssertAlike(byte[] expected, byte[] actual) => AssertSame(WithoutId(expected), WithoutId(actual));

    /// <summary>The frame with an IPv4 identification of 0.</summary>
    protected static byte[] WithoutId(byte[] frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (!new IpView(frame).IsIp4)
            return frame;
        byte[] copy = [.. frame];
        BinaryPrimitives.WriteUInt16BigEndian(copy.AsSpan(IpView.EthernetLengthBytes + 4), 0);
        Checksums.FillIp4Header(copy);
        return copy;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Host.IsAlive)
        {
            foreach (string line in _vips)
                Host.Cli(line);
            Host.Cli("ku conf prefix64 64:ff9b::/96");
        }

        base.Dispose(disposing);
    }
}
