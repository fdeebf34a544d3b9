using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Datagrams and segments that arrive in fragments, both ways. Each fragment is compared in full.</summary>
public abstract class FragmentStories(HostFixture fixture) : FragmentStory(fixture)
{
    public static TheoryData<Family, Transport, Arrival> Arrivals { get; } =
        [.. from family in Enum.GetValues<Family>()
            from transport in FlowKinds.Transports
            from arrival in Enum.GetValues<Arrival>()
            select (family, transport, arrival)];

    private int LastWorker => Math.Max(0, Host.WorkerCount - 1);

    /// <summary>Without a packet before: the fragments themselves open the session.</summary>
    [Theory]
    [Trait("Defect", "D6")]
    [Trait("Defect", "A-4")]
    [Trait("Defect", "D28")]
    [Trait("Check", "MAL-08")]
    [Trait("Check", "U-7")]
    [MemberData(nameof(Arrivals))]
    [Trait("case", "test_frag_in_order")]
    [Trait("case", "test_frag_out_of_order")]
    public void EveryFragmentReachesTheFlowsPodAndEveryFragmentOfItsAnswerLeavesWithTheVip(Family family, Transport transport, Arrival arrival)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(family, transport, 80, TargetPort, [pod]);
        Flow flow = FlowTo(service, transport);
        AssertForwarded(flow, pod, arrival);
        Assert.Equal(1, SessionCount());
        AssertReturned(flow, pod, arrival);
        Assert.Equal(1, SessionCount());
        Assert.Equal(pod, PodOf(service, flow));
    }

    /// <summary>A session stands already, of a pod among several; fragments arrive on this and on the other worker.</summary>
    [Theory]
    [MemberData(nameof(Arrivals))]
    public void FragmentsOnAnyWorkerGoWithTheFlowsSession(Family family, Transport transport, Arrival arrival)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort);
        foreach (int number in Enumerable.Range(0, 4))
        {
            Flow flow = FlowTo(service, transport, number);
            Pod pod = PodOf(service, flow);
            AssertForwarded(flow, pod, arrival, LastWorker);
            AssertReturned(flow, pod, arrival, LastWorker);
            AssertForwarded(flow, pod, arrival);
            AssertReturned(flow, pod, arrival);
        }
    }

    /// <summary>
    /// A UDP flow's session was opened when the service had another pod. Its fragments come to another worker, which has no session:
    /// they go where the flow's whole packets go.
    /// </summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void FragmentsOnAnotherWorkerGoWhereTheWholePacketsGoThoughThePodsHaveChanged(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 80, TargetPort, [new Pod(1)]);
        Flow[] flows = [.. Enumerable.Range(0, 8).Select(number => FlowTo(service, Transport.Udp, number))];
        Assert.All(flows, flow => Assert.Equal(new Pod(1), PodOf(service, flow)));
        Cluster.AddPods(service, new Pod(2), new Pod(3), new Pod(4));
        foreach (Flow flow in flows) AssertForwarded(flow, new Pod(1), Arrival.InOrder, LastWorker);
    }

    /// <summary>Clients choose numbers on their own: what tells their datagrams apart are the addresses.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void DatagramsOfSeveralClientsWithOneNumberThatAreInterleavedStayApart(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort);
        Flow[] flows = [.. Enumerable.Range(0, 6).Select(number => FlowTo(service, transport, number))];
        IReadOnlyList<Pod> pods = PodsOf(service, flows);
        int identification = NewIdentification();
        byte[][] whole = [.. flows.Select((flow, i) => FromClient(flow, Long(i)))];
        IReadOnlyList<byte[]>[] sent = [.. whole.Select(frame => Fragments.Of(frame, identification))];
        IReadOnlyList<byte[]> expected = [.. whole.SelectMany((frame, i) =>
            Fragments.Of(Expect.ToPod(frame, Lab.To(pods[i]), pods[i].At(family, TargetPort)), identification))];

        // The second fragments come first, those of the last client foremost.
        IReadOnlyList<byte[]> mixed = [.. new[] { 1, 0, 2 }.SelectMany(part => sent.Reverse().Select(fragments => fragments[part]))];
        AssertLeft(expected, Send(expected.Count, Lab.PodSide, new Injection(Lab.ClientSide, mixed)));
    }

    /// <summary>One datagram's fragments come to two workers at once: VPP gathers them on one.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AFlowWhoseFragmentsComeToTwoWorkersReachesOnePod(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort);
        Flow flow = FlowTo(service, transport);
        Pod pod = PodOf(service, flow);
        int identification = NewIdentification();
        byte[] whole = FromClient(flow, Long());
        IReadOnlyList<byte[]> sent = Fragments.Of(whole, identification);
        IReadOnlyList<byte[]> expected = Fragments.Of(Expect.ToPod(whole, Lab.To(pod), pod.At(family, TargetPort)), identification);
        IReadOnlyList<byte[]> left = Send(
            expected.Count, Lab.PodSide, new Injection(Lab.ClientSide, [sent[2], sent[0]]), new Injection(Lab.ClientSide, [sent[1]], LastWorker));
        AssertLeft(expected, left);
    }

    /// <summary>RFC 6946: a fragment that is the whole datagram.</summary>
    [Theory]
    [Trait("Check", "V-4")]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public void ALoneIp6FragmentIsTranslatedBothWays(Transport transport)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(Family.Ip6, transport, 80, TargetPort, [pod]);
        Flow flow = FlowTo(service, transport);
        byte[] request = FromClient(flow);
        byte[] answer = FromPod(pod, new Flow(transport, pod.At(Family.Ip6, TargetPort), flow.Source));
        byte[] toPod = Fragments.Lone(Expect.ToPod(request, Lab.To(pod), pod.At(Family.Ip6, TargetPort)), 5);
        byte[] toClient = Fragments.Lone(Expect.FromVip(answer, Lab.ToClients, flow.Destination), 6);
        AssertLeft([toPod], Send(1, Lab.PodSide, new Injection(Lab.ClientSide, [Fragments.Lone(request, 5)])));
        AssertLeft([toClient], Send(1, Lab.ClientSide, new Injection(Lab.PodSide, [Fragments.Lone(answer, 6)])));
    }

    /// <summary>UDP over IPv4 may have no checksum; a wrong one stays wrong by the same amount, seen over all fragments.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ADatagramWithoutOrWithAWrongChecksumKeepsThat(bool isMissing)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(Family.Ip4, Transport.Udp, 80, TargetPort, [pod]);
        byte[] whole = FromClient(FlowTo(service, Transport.Udp), Long() with { ZeroUdpChecksum = isMissing });
        byte[] expected = Expect.ToPod(whole, Lab.To(pod), pod.At(Family.Ip4, TargetPort));
        foreach (byte[] frame in (byte[][])(isMissing ? [] : [whole, expected])) Checksums.Corrupt(frame, 0x1234);
        int identification = NewIdentification();
        AssertLeft(
            Fragments.Of(expected, identification),
            Send(3, Lab.PodSide, new Injection(Lab.ClientSide, Fragments.Of(whole, identification))));
    }
}

[Collection<VppAloneCollection>]
public sealed class FragmentsInVpp(VppAlone host) : FragmentStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class FragmentsInVppWithOneWorker(VppWithOneWorker host) : FragmentStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class FragmentsInVppWithTwoWorkers(VppWithTwoWorkers host) : FragmentStories(host);
