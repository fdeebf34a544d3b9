using System.Diagnostics;
using System.Net;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>The orders in which the fragments of a datagram may arrive.</summary>
public enum Arrival
{
    /// <summary>The first one first.</summary>
    InOrder,

    /// <summary>The first one last.</summary>
    Reversed,

    /// <summary>The first one in the middle.</summary>
    Shuffled,

    /// <summary>Each twice.</summary>
    Duplicated,
}

/// <summary>What stories of fragments are told with.</summary>
public abstract class FragmentStory(HostFixture fixture) : Story(fixture)
{
    protected const int TargetPort = 8080;

    /// <summary>Behind the transport header: three fragments of the usual size.</summary>
    protected const int PayloadBytes = 1000;

    private static readonly TimeSpan HandOffLimit = TimeSpan.FromSeconds(5);
    private static int _lastIdentification;

    /// <summary>A number that no datagram before had: VPP remembers them for a while.</summary>
    protected static int NewIdentification() => Interlocked.Increment(ref _lastIdentification);

    protected static PacketOptions Long(int id = 0) => PacketOptions.Plain with { PayloadLengthBytes = PayloadBytes, Id = id };

    protected static IReadOnlyList<byte[]> Arrange(IReadOnlyList<byte[]> fragments, Arrival arrival) => arrival switch
    {
        Arrival.Reversed => [.. fragments.Reverse()],
        Arrival.Shuffled => [.. fragments.Skip(1), fragments[0], .. fragments.Skip(2)],
        Arrival.Duplicated => [.. fragments, .. fragments],
        _ => fragments,
    };

    /// <summary>
    /// Sends, and takes what leaves until so many frames have: reassembly hands fragments over to the worker that it has begun on, and
    /// the stream that they came by does not wait for that.
    /// </summary>
    protected IReadOnlyList<byte[]> Send(int expected, string side, params IReadOnlyList<Injection> injections)
    {
        Stopwatch time = Stopwatch.StartNew();
        List<byte[]> left = [];
        for (Capture capture = Host.Exchange(injections); ; capture = Host.Exchange())
        {
            left.AddRange(capture.On(side));
            Assert.Equal(capture.Count, capture.On(side).Count);
            if (left.Count >= expected || time.Elapsed > HandOffLimit)
                return left;
            Thread.Sleep(5);
        }
    }

    /// <summary>Exactly these frames left, in whatever order.</summary>
    protected static void AssertLeft(IReadOnlyList<byte[]> expected, IReadOnlyList<byte[]> left)
    {
        string[] wanted = [.. expected.Select(Convert.ToHexString).Order(StringComparer.Ordinal)];
        string[] got = [.. left.Select(Convert.ToHexString).Order(StringComparer.Ordinal)];
        Assert.Equal(wanted, got);
    }

    /// <summary>The pod that a flow reaches, told by a short packet of it, which opens the session.</summary>
    protected Pod PodOf(Service service, Flow flow, PacketOptions? options = null) => Assert.Single(PodsOf(service, [flow], options));

    /// <summary>Fragments of one client's datagram arrive; all of them leave for the flow's pod.</summary>
    protected void AssertForwarded(Flow flow, Pod pod, Arrival arrival, int worker = 0)
    {
        int identification = NewIdentification();
        byte[] whole = FromClient(flow, Long(identification));
        IPEndPoint end = pod.At(flow.IsIp6 ? Family.Ip6 : Family.Ip4, TargetPort);
        IReadOnlyList<byte[]> expected = Arrange(Fragments.Of(Expect.ToPod(whole, Lab.To(pod), end), identification), arrival);
        IReadOnlyList<byte[]> sent = Arrange(Fragments.Of(whole, identification), arrival);
        AssertLeft(expected, Send(expected.Count, Lab.PodSide, new Injection(Lab.ClientSide, sent, worker)));
    }

    /// <summary>Fragments of the pod's answer arrive; all of them leave for the client with the address that it asked.</summary>
    protected void AssertReturned(Flow flow, Pod pod, Arrival arrival, int worker = 0)
    {
        int identification = NewIdentification();
        byte[] whole = FromPod(pod, new Flow(flow.Transport, pod.At(flow.IsIp6 ? Family.Ip6 : Family.Ip4, TargetPort), flow.Source), Long(identification));
        IReadOnlyList<byte[]> expected = Arrange(Fragments.Of(Expect.FromVip(whole, Lab.ToClients, flow.Destination), identification), arrival);
        IReadOnlyList<byte[]> sent = Arrange(Fragments.Of(whole, identification), arrival);
        AssertLeft(expected, Send(expected.Count, Lab.ClientSide, new Injection(Lab.PodSide, sent, worker)));
    }
}
