using System.Buffers.Binary;
using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>In a table: ICMP errors, pings, refusals, fragments, masquerade and packets to the node itself. Table 0 has the same service and flow.</summary>
public abstract class TablePacketStories(HostFixture fixture) : TableStory(fixture)
{
    private static int _identification = 30_000;

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AnErrorIsAboutTheSessionOfItsTableInBothDirections(Family family, Transport transport)
    {
        Flow flow = Converse(family, transport, new Pod(2));
        IPEndPoint pod = new Pod(2).At(family, TargetPort);
        byte type = family == Family.Ip4 ? (byte)11 : (byte)3;
        IcmpContent About(IPEndPoint from, IPEndPoint to, byte hops)
        {
            byte[] quoted = PacketFactory.Build(new Flow(transport, from, to), To(Seven, new Pod(2)), PacketOptions.Plain);
            return IcmpContent.About(quoted, type, 0) with { Hops = hops };
        }

        AssertLeaves(
            Seven.Pods, IcmpFactory.Build(From(Seven, new Pod(2)), pod.Address, flow.Source.Address, About(flow.Source, pod, 64)),
            Seven.Clients, IcmpFactory.Build(ToClients(Seven), Vip(family), flow.Source.Address, About(flow.Source, flow.Destination, 63)), LastWorker);
        AssertLeaves(
            Seven.Clients, IcmpFactory.Build(FromClients(Seven), flow.Source.Address, Vip(family), About(flow.Destination, flow.Source, 64)),
            Seven.Pods, IcmpFactory.Build(To(Seven, new Pod(2)), flow.Source.Address, pod.Address, About(pod, flow.Source, 63)), LastWorker);
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void APingToAVipIsAnsweredInItsTable(Family family)
    {
        Serve(Seven, family, [new Pod(2)]);
        IPAddress client = Lab.Client(family, 1).Address;
        IcmpContent ping = new(family == Family.Ip4 ? (byte)8 : (byte)128, 0, 0x12345678, [1, 2, 3, 4]);
        byte[] sent = IcmpFactory.Build(FromClients(Seven), client, Vip(family), ping);
        byte[] expected = IcmpFactory.Build(ToClients(Seven), Vip(family), client, ping with { Type = family == Family.Ip4 ? (byte)0 : (byte)129 });
        AssertLeaves(Seven.Clients, sent, Seven.Clients, expected, LastWorker);
    }

    /// <summary>Table 0 has a pod for it, table 7 has none.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AServiceWithoutPodsRefusesInItsTable(Family family, Transport transport)
    {
        Serve(Zero, family, [new Pod(1)]);
        Serve(Seven, family, []);
        byte[] sent = Request(Seven, FlowOf(family, transport), PacketOptions.Plain with { Syn = true });
        Capture capture = Exchange(new Injection(Seven.Clients, [sent], LastWorker));
        byte[] left = Assert.Single(capture.On(Seven.Clients));
        ushort identification = BinaryPrimitives.ReadUInt16BigEndian(new IpView(left).Ip[4..]);
        AssertSame(transport == Transport.Tcp
            ? ExpectRefusal.Reset(sent, ToClients(Seven))
            : ExpectRefusal.Unreachable(sent, ToClients(Seven), identification), left);
        Assert.Equal(1, capture.Count);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void FragmentsFollowTheirTable(Family family, Transport transport)
    {
        Pod pod = new(2);
        Flow flow = Converse(family, transport, pod);
        foreach (int worker in (int[])[0, LastWorker])
        {
            int number = Interlocked.Increment(ref _identification);
            PacketOptions options = PacketOptions.Plain with { PayloadLengthBytes = 1000, Id = number };
            byte[] request = Request(Seven, flow, options);
            AssertFragments(Seven.Clients, request, Seven.Pods, RequestLeft(Seven, pod, request), number, worker);
            byte[] answer = Answer(Seven, pod, flow, options);
            AssertFragments(Seven.Pods, answer, Seven.Clients, AnswerLeft(Seven, flow, answer), number, worker);
            byte[] other = Answer(Eight, pod, flow, options);
            AssertFragments(Eight.Pods, other, Eight.Clients, Expect.Forwarded(other, ToClients(Eight)), number, worker);
        }
    }

    /// <summary>Both tables have one masquerade address; two workers give ports of one range in both.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void MasqueradedFlowsFindTheirWayBackInTheirTable(Family family, Transport transport)
    {
        IPAddress node = IPAddress.Parse(family == Family.Ip4 ? "10.2.0.1" : "fd02::1");
        foreach (TableSide side in (TableSide[])[Zero, Seven])
            Serve(side, family, [new Pod(1)], $"masquerade {node}");
        foreach (TableSide side in (TableSide[])[Zero, Seven])
        {
            Flow flow = FlowOf(family, transport, side.Table);
            byte[] request = Request(side, flow, PacketOptions.Plain with { Syn = true });
            byte[] left = Assert.Single(Exchange(new Injection(side.Clients, [request])).On(side.Pods));
            IPEndPoint source = new(node, new IpView(left).SourcePort);
            AssertSame(Expect.BothEnds(request, To(side, new Pod(1)), source, new Pod(1).At(family, TargetPort)), left);
            byte[] answer = Answer(side, new Pod(1), flow with { Source = source });
            AssertLeaves(side.Pods, answer, side.Clients, Expect.BothEnds(answer, ToClients(side), flow.Destination, flow.Source), LastWorker);
        }
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void APodThatReachesItselfStaysInItsTable(Family family, Transport transport)
    {
        Pod pod = new(1);
        Serve(Zero, family, [new Pod(2)]);
        Serve(Seven, family, [pod]);
        Flow flow = new(transport, pod.At(family, 20_000), new IPEndPoint(Vip(family), 80));
        byte[] request = PacketFactory.Build(flow, From(Seven, pod), PacketOptions.Plain with { Syn = true });
        byte[] left = Assert.Single(Exchange(new Injection(Seven.Pods, [request])).On(Seven.Pods));
        IPEndPoint source = new(Vip(family), new IpView(left).SourcePort);
        AssertSame(Expect.BothEnds(request, To(Seven, pod), source, pod.At(family, TargetPort)), left);
        byte[] answer = Answer(Seven, pod, flow with { Source = source });
        AssertLeaves(Seven.Pods, answer, Seven.Pods, Expect.BothEnds(answer, To(Seven, pod), flow.Destination, flow.Source), LastWorker);
    }

    /// <summary>The node has one address in every table; its ports are services' in table 0 only.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void ANodePortServesTableZeroOnly(Family family, Transport transport)
    {
        const int nodePort = 30080;
        Serve(Zero, family, [new Pod(1)], $"node_port {nodePort}");
        IPAddress node = IPAddress.Parse(family == Family.Ip4 ? "10.1.0.1" : "fd01::1");
        Flow flow = new(transport, Lab.Client(family, 0), new IPEndPoint(node, nodePort));
        byte[] request = Request(Zero, flow, PacketOptions.Plain with { Syn = true });
        AssertLeaves(Zero.Clients, request, Zero.Pods, RequestLeft(Zero, new Pod(1), request));
        foreach (TableSide side in (TableSide[])[Seven, Eight])
        {
            Capture capture = Host.Exchange(new Injection(side.Clients, [Request(side, flow, PacketOptions.Plain with { Syn = true })]));
            Assert.All(All, any => Assert.Empty(capture.On(any.Pods)));
        }

        Assert.Equal(1, SessionCount());
        string refused = Host.Cli($"ku vip {Vip(family)} port 81 node_port {nodePort + 1} table 7");
        Assert.Contains($"node_port {nodePort + 1} contradicts table 7", refused, StringComparison.Ordinal);
    }

    /// <summary>The pod of table 7 does not answer, the one of table 0 does: only the former's flow moves.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AnUnansweredSynMovesTheSessionOfItsTableAlone(Family family)
    {
        Flow flow = FlowOf(family, Transport.Tcp);
        foreach (TableSide side in (TableSide[])[Zero, Seven])
            Serve(side, family, Pod.First(4), only: Transport.Tcp);
        PacketOptions syn = PacketOptions.Plain with { Syn = true };
        Pod inZero = PodReached(Zero, Request(Zero, flow, syn));
        byte[] answer = Answer(Zero, inZero, flow, syn with { Ack = true });
        AssertLeaves(Zero.Pods, answer, Zero.Clients, AnswerLeft(Zero, flow, answer), LastWorker);
        Pod inSeven = PodReached(Seven, Request(Seven, flow, syn));
        LetPass(1.1);
        Assert.Equal(inZero, PodReached(Zero, Request(Zero, flow, syn)));
        Assert.NotEqual(inSeven, PodReached(Seven, Request(Seven, flow, syn)));
        Assert.Contains("failed-over packets       1", Host.Cli($"show ku vip {Vip(family)} table 7 verbose"), StringComparison.Ordinal);
        Assert.Contains("failed-over packets       0", Host.Cli($"show ku vip {Vip(family)} verbose"), StringComparison.Ordinal);
    }

    private Pod PodReached(TableSide side, byte[] request)
    {
        byte[] left = Assert.Single(Exchange(new Injection(side.Clients, [request])).On(side.Pods));
        Pod pod = Pod.First(4).Single(pod => left.AsSpan(0, 6).SequenceEqual(pod.Mac.GetAddressBytes()));
        AssertSame(RequestLeft(side, pod, request), left);
        return pod;
    }

    /// <summary>A flow has a session in table 0, with pod 1, and in table 7, with this pod.</summary>
    private Flow Converse(Family family, Transport transport, Pod pod)
    {
        Serve(Zero, family, [new Pod(1)]);
        Serve(Seven, family, [pod]);
        Flow flow = FlowOf(family, transport);
        AssertConverses(Zero, new Pod(1), flow, PacketOptions.Plain with { Syn = true });
        AssertConverses(Seven, pod, flow, PacketOptions.Plain with { Syn = true });
        return flow;
    }

    /// <summary>A datagram arrives in fragments, the last one first, and each leaves as the fragment of what must leave for the whole.</summary>
    private void AssertFragments(string entersOn, byte[] sent, string leavesOn, byte[] expected, int number, int worker)
    {
        string[] wanted = [.. Fragments.Of(expected, number).Select(Convert.ToHexString).Order(StringComparer.Ordinal)];
        List<byte[]> left = [];
        Injection[] first = [new Injection(entersOn, [.. Fragments.Of(sent, number).Reverse()], worker)];
        for (int attempt = 0; left.Count < wanted.Length && attempt < 500; attempt++)
        {
            Capture capture = Host.Exchange(attempt == 0 ? first : []);
            Assert.Equal(capture.Count, capture.On(leavesOn).Count);
            left.AddRange(capture.On(leavesOn));
            if (left.Count < wanted.Length)
                Thread.Sleep(5);
        }

        Assert.Equal(wanted, left.Select(Convert.ToHexString).Order(StringComparer.Ordinal));
    }
}

public sealed class TablePacketsInVpp(VppWithTables host) : TablePacketStories(host), IClassFixture<VppWithTables>;

public sealed class TablePacketsInVppWithOneWorker(VppWithTablesAndOneWorker host) : TablePacketStories(host), IClassFixture<VppWithTablesAndOneWorker>;

public sealed class TablePacketsInVppWithTwoWorkers(VppWithTablesAndTwoWorkers host) : TablePacketStories(host), IClassFixture<VppWithTablesAndTwoWorkers>;
