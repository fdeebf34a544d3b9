using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Fragments that are not translated, or not alone: nobody's, incomplete and damaged ones, pods as clients, masquerading.</summary>
public abstract class FragmentLimitStories(HostFixture fixture) : FragmentStory(fixture)
{
    private int LastWorker => Math.Max(0, Host.WorkerCount - 1);

    /// <summary>Direct conversation of client and pod, and what a pod sends to the world: both through the reassembly, both as they are.</summary>
    [Theory]
    [MemberData(nameof(FragmentStories.Arrivals), MemberType = typeof(FragmentStories))]
    [Trait("case", "test_frag_in_order_do_not_translate")]
    [Trait("case", "test_frag_out_of_order_do_not_translate")]
    public void FragmentsThatBelongToNoSessionPassAsTheyAre(Family family, Transport transport, Arrival arrival)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(family, transport, 80, TargetPort, [pod]);
        PodOf(service, FlowTo(service, transport));
        foreach (int port in (int[])[TargetPort, 9999])
        {
            int identification = NewIdentification();
            byte[] whole = FromPod(pod, new Flow(transport, pod.At(family, port), Lab.Client(family, 7)), Long());
            IReadOnlyList<byte[]> expected = Arrange(Fragments.Of(Expect.Forwarded(whole, Lab.ToClients), identification), arrival);
            IReadOnlyList<byte[]> sent = Arrange(Fragments.Of(whole, identification), arrival);
            AssertLeft(expected, Send(expected.Count, Lab.ClientSide, new Injection(Lab.PodSide, sent)));
        }
    }

    /// <summary>No ICMP error, no reset: RFC 1122 section 3.2.2 forbids it for all but the first, and nobody can check that one's checksum.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void FragmentsForNobodyAreCountedAndNotAnswered(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort, []);
        string node = family == Family.Ip4 ? "kp4-nat4-fragment" : "kp6-nat6-fragment";
        foreach ((int port, string reason) in new[] { (80, "no pod"), (81, "unknown port") })
        {
            ErrorCounters before = ErrorCounters.Of(Host);
            byte[] whole = FromClient(FlowTo(service, transport, port: port), Long());
            Assert.Equal(0, ClientsSend(Fragments.Of(whole, NewIdentification())).Count);
            IReadOnlyDictionary<string, long> counted = ErrorCounters.Of(Host).Since(before);
            Assert.Equal(3, counted.GetValueOrDefault($"{node}: {reason}"));
            Assert.Equal(3, counted.GetValueOrDefault($"{node}: reject: not answerable"));
        }

        Assert.Equal(0, SessionCount());
    }

    /// <summary>
    /// RFC 7112, RFC 1858: a first fragment that ends within the TCP header is dropped, and so is the next, which has the rest of it. VPP
    /// itself drops UDP's 8 bytes alone.
    /// </summary>
    [Theory]
    [Trait("Check", "V-3")]
    [InlineData(Family.Ip4, 8)]
    [InlineData(Family.Ip4, 16)]
    [InlineData(Family.Ip6, 8)]
    [InlineData(Family.Ip6, 16)]
    public void NoPieceOfATcpHeaderIsLetThrough(Family family, int firstBytes)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(family, Transport.Tcp, 80, TargetPort, [pod]);
        int identification = NewIdentification();
        byte[] whole = FromClient(FlowTo(service, Transport.Tcp), PacketOptions.Plain with { PayloadLengthBytes = 60 });
        IReadOnlyList<byte[]> sent = [.. Fragments.Of(whole, identification, firstBytes).Take(2)];
        string[] before = Errors();
        Assert.Equal(0, ClientsSend(sent).Count);
        Assert.NotEqual(before, Errors());
        Assert.Equal(0, SessionCount());
    }

    /// <summary>VPP holds back three fragments of a datagram whose first it has not seen. With a fourth it gives all of them up.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void OfADatagramThatArrivesBackwardsThreeFragmentsAreHeldBack(Family family, Transport transport)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(family, transport, 80, TargetPort, [pod]);
        Flow flow = FlowTo(service, transport);
        string node = family == Family.Ip4 ? "ip4-sv-reassembly-feature" : "ip6-sv-reassembly-feature";
        foreach (int count in (int[])[4, 5])
        {
            int identification = NewIdentification();
            ErrorCounters before = ErrorCounters.Of(Host);
            byte[] whole = FromClient(flow, PacketOptions.Plain with { PayloadLengthBytes = (count * 200) - 50 });
            IReadOnlyList<byte[]> expected = Fragments.Of(Expect.ToPod(whole, Lab.To(pod), pod.At(family, TargetPort)), identification, 200);
            Assert.Equal(count, expected.Count);
            IReadOnlyList<byte[]> sent = [.. Fragments.Of(whole, identification, 200).Reverse()];
            IReadOnlyList<byte[]> left = Send(count == 4 ? 4 : 1, Lab.PodSide, new Injection(Lab.ClientSide, sent));
            AssertLeft(count == 4 ? expected : [expected[0]], left);
            Assert.Equal(count == 4 ? 0 : 1, ErrorCounters.Of(Host).Since(before).Count(row => row.Key.StartsWith(node, StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ATraceShowsTheWayOfAFragmentAndWhatBecameOfIt(Family family)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(family, Transport.Udp, 80, TargetPort, [pod]);
        Flow flow = FlowTo(service, Transport.Udp);
        string node = family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6";
        string back = family == Family.Ip4 ? "kp-nat4-in2out" : "kp-nat6-in2out";
        string words = $"service {service.Prefix} protocol udp port 80 pod {pod.Address(family)} session";
        Host.Cli("clear trace");
        Host.Cli("trace add pg-input 6");
        AssertForwarded(flow, pod, Arrival.InOrder);
        AssertReturned(flow, pod, Arrival.InOrder);
        string trace = Host.Cli("show trace");
        Host.Cli("clear trace");
        string answer = $"{pod.At(family, TargetPort)} -> {flow.Source}";
        Assert.Contains($"{node}: fragment, to virtual reassembly", trace, StringComparison.Ordinal);
        Assert.Contains($"{node}-fragment: udp {flow.Source} -> {service.Vip} {words} new", trace, StringComparison.Ordinal);
        Assert.Contains($"{node}-fragment: udp {flow.Source} -> {service.Vip} {words} hit", trace, StringComparison.Ordinal);
        Assert.Contains($"destination {service.Vip} -> {pod.At(family, TargetPort)}", trace, StringComparison.Ordinal);
        Assert.Contains($"{back}: fragment, to virtual reassembly", trace, StringComparison.Ordinal);
        Assert.Contains($"{back}-fragment: udp {answer} {words} hit", trace, StringComparison.Ordinal);
        Assert.Contains($"source {pod.At(family, TargetPort)} -> {service.Vip}", trace, StringComparison.Ordinal);
    }

    /// <summary>An echo request in fragments is no TCP and no UDP: dropped as before.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void FragmentsOfOtherProtocolsAreDropped(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 80, TargetPort);
        byte[] echo = OddPackets.Echo(FromClient(FlowTo(service, Transport.Udp), Long()));
        ErrorCounters before = ErrorCounters.Of(Host);
        Assert.Equal(0, ClientsSend(Fragments.Of(echo, NewIdentification())).Count);
        Assert.Equal(3, ErrorCounters.Of(Host).Since(before)[family == Family.Ip4 ? "kp4-nat4: fragment" : "kp6-nat6: fragment"]);
    }

    /// <summary>VPP gives the buffers of what never becomes whole back when it looks for such, every 10 seconds.</summary>
    [Fact]
    public void FragmentsWhoseFirstNeverComesLeaveNoBufferBehind()
    {
        Service[] services = [.. Enum.GetValues<Family>().Select(family => Cluster.Add(family, Transport.Udp, 80, TargetPort))];
        WaitForAllBuffers();
        foreach (Service service in services)
        {
            IReadOnlyList<byte[]> orphans = [.. Enumerable.Range(0, 100).SelectMany(number =>
                Fragments.Of(FromClient(FlowTo(service, Transport.Udp, number), Long()), NewIdentification()).Skip(1))];
            Assert.Equal(0, ClientsSend(orphans).Count);
        }

        Assert.Equal(400, HostUse.BuffersInUse(Host));
        WaitForAllBuffers();
    }

    /// <summary>RFC 4787 REQ-14a: who sends fragments without a first does not harm who sends whole packets.</summary>
    [Theory]
    [Trait("Check", "U-7")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AFloodOfFragmentsIsHeldWithinVppsLimitAndWholePacketsGoOn(Family family)
    {
        const int Limit = 1024;
        Service service = Cluster.Add(family, Transport.Udp, 80, TargetPort);
        WaitForAllBuffers();
        IReadOnlyList<byte[]> flood = [.. Enumerable.Range(0, Limit + 200).Select(number =>
            Fragments.Of(FromClient(FlowTo(service, Transport.Udp, number), Long()), NewIdentification())[1])];
        Assert.Equal(0, ClientsSend(flood).Count);
        Assert.Equal(Limit, HostUse.BuffersInUse(Host));
        Flow flow = FlowTo(service, Transport.Udp);
        Pod pod = Assert.Single(Converse(service, [flow]));
        AssertForwarded(flow, pod, Arrival.Shuffled);
        WaitForAllBuffers();
    }

    /// <summary>The pod sees one source, whichever worker a packet reaches and whether it is whole or in fragments.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    [Trait("case", "test_frag_in_order_in_plus_out")]
    [Trait("case", "test_frag_out_of_order_in_plus_out")]
    public void AMasqueradedFlowHasOneSourceWholeAndInFragments(Family family, Transport transport)
    {
        string source = family == Family.Ip4 ? "10.2.0.1" : "fd02::1";
        Pod pod = new(1);
        Service service = Cluster.Add(family, 80, Cluster.Word(transport), TargetPort, pods: [pod], options: $"masquerade {source}");
        foreach (int number in Enumerable.Range(0, 4))
        {
            Flow flow = FlowTo(service, transport, number);
            IPEndPoint seen = FirstSource(flow, number % 2 == 0 ? 0 : LastWorker);
            Assert.Equal(source, seen.Address.ToString());
            AssertSeen(flow, pod, seen, Lab.ClientSide, Lab.ToClients, number % 2 == 0 ? Arrival.InOrder : Arrival.Reversed, LastWorker);
        }
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    [Trait("case", "test_reass_hairpinning")]
    public void APodThatSendsItselfFragmentsThroughItsServiceSeesTheVip(Family family, Transport transport)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(family, transport, 80, TargetPort, [pod]);
        Flow flow = new(transport, pod.At(family, 20_000), service.Vip);
        byte[] left = Assert.Single(Send(1, Lab.PodSide, new Injection(Lab.PodSide, [FromPod(pod, flow)])));
        IPEndPoint seen = new IpView(left).Flow.Source;
        Assert.Equal(service.Vip.Address, seen.Address);
        foreach (Arrival arrival in Enum.GetValues<Arrival>()) AssertSeen(flow, pod, seen, Lab.PodSide, Lab.To(pod), arrival, LastWorker);
    }

    /// <summary>Until VPP holds none, not even one of an earlier story.</summary>
    private void WaitForAllBuffers()
    {
        LetPass(11);
        Testbed.Wait.Until(() => HostUse.BuffersInUse(Host) == 0, TimeSpan.FromSeconds(20), () => Host.Cli("show buffers"));
    }

    private IPEndPoint FirstSource(Flow flow, int worker) =>
        new IpView(Assert.Single(Send(1, Lab.PodSide, new Injection(Lab.ClientSide, [FromClient(flow)], worker)))).Flow.Source;

    /// <summary>Fragments of the flow reach the pod with this source, those of its answer come back to the client.</summary>
    private void AssertSeen(Flow flow, Pod pod, IPEndPoint source, string side, Link home, Arrival arrival, int worker)
    {
        (int there, int back) = (NewIdentification(), NewIdentification());
        IPEndPoint end = pod.At(flow.IsIp6 ? Family.Ip6 : Family.Ip4, TargetPort);
        byte[] request = side == Lab.PodSide ? FromPod(pod, flow, Long()) : FromClient(flow, Long());
        byte[] answer = FromPod(pod, new Flow(flow.Transport, end, source), Long());
        IReadOnlyList<byte[]> expected = Arrange(Fragments.Of(Expect.BothEnds(request, Lab.To(pod), source, end), there), arrival);
        AssertLeft(expected, Send(expected.Count, Lab.PodSide, new Injection(side, Arrange(Fragments.Of(request, there), arrival), worker)));
        expected = Arrange(Fragments.Of(Expect.BothEnds(answer, home, flow.Destination, flow.Source), back), arrival);
        AssertLeft(expected, Send(expected.Count, side, new Injection(Lab.PodSide, Arrange(Fragments.Of(answer, back), arrival), worker)));
    }

    /// <summary>What was dropped so far, and where.</summary>
    private string[] Errors() => Host.Cli("show errors").Split('\n');
}

[Collection<VppAloneCollection>]
public sealed class FragmentLimitsInVpp(VppAlone host) : FragmentLimitStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class FragmentLimitsInVppWithOneWorker(VppWithOneWorker host) : FragmentLimitStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class FragmentLimitsInVppWithTwoWorkers(VppWithTwoWorkers host) : FragmentLimitStories(host);
