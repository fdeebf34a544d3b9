using System.Globalization;
using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>ICMP errors about packets of services, in both directions (RFC 5508 section 4).</summary>
public abstract class IcmpErrorStories(HostFixture fixture) : IcmpStory(fixture)
{
    /// <summary>VPP's cases have the pod send the error, "time exceeded" over IPv4 and "unreachable" over IPv6.</summary>
    [Theory]
    [Trait("Defect", "D28")]
    [ClassData(typeof(PortKinds))]
    [Trait("case", "test_icmp4")]
    [Trait("case", "test_icmp6")]
    [Trait("case", "CN-07")]
    [Trait("case", "CN-08")]
    public void AnErrorOfAPodLeavesFromTheVipAboutWhatTheClientSent(Family family, Transport transport)
    {
        SeenFlow flow = OpenPlain(family, transport);
        AssertTranslated(ToClient(flow, frame => IcmpContent.About(frame, TimeExceeded(family), 0)));
        AssertTranslated(ToClient(flow, frame => IcmpContent.About(frame, family == Family.Ip4 ? (byte)3 : (byte)1, 3)), OtherWorker);
        AssertTranslated(ToClient(flow, frame => TooBig(family, frame, 1400), Router(family)), OtherWorker);
    }

    /// <summary>VPP's other half: what is about no VIP's packet is not modified.</summary>
    [Theory]
    [ClassData(typeof(PortKinds))]
    [Trait("case", "test_icmp4")]
    [Trait("case", "test_icmp6")]
    [Trait("case", "CN-07")]
    [Trait("case", "CN-08")]
    public void AnErrorOfAPodAboutNoServicesPacketLeavesUntouched(Family family, Transport transport)
    {
        SeenFlow flow = OpenPlain(family, transport);
        IPEndPoint other = Lab.Client(family, 77);
        byte[] direct = PacketFactory.Build(new Flow(transport, other, flow.PodEnd), Lab.To(flow.Pod), Quoted);
        IcmpContent content = IcmpContent.About(direct, TimeExceeded(family), 0);
        byte[] sent = IcmpFactory.Build(Lab.From(flow.Pod), flow.PodEnd.Address, other.Address, content);
        byte[] left = Assert.Single(PodsSend(sent).On(Lab.ClientSide));
        AssertSame(IcmpFactory.Build(Lab.ToClients, flow.PodEnd.Address, other.Address, content with { Hops = 63 }), left);
    }

    [Theory]
    [ClassData(typeof(PortKinds))]
    [Trait("case", "test_icmp_error")]
    public void AnErrorOfAClientReachesThePodAboutWhatThePodSent(Family family, Transport transport)
    {
        SeenFlow flow = OpenPlain(family, transport);
        AssertTranslated(ToPod(flow, frame => IcmpContent.About(frame, family == Family.Ip4 ? (byte)3 : (byte)1, 3)));
        AssertTranslated(ToPod(flow, frame => TooBig(family, frame, 1280), ClientRouter(family)), OtherWorker);
    }

    /// <summary>I-12: 8 bytes of the transport header, as RFC 792 promises.</summary>
    [Theory]
    [Trait("Check", "I-12")]
    [ClassData(typeof(PortKinds))]
    public void EightQuotedBytesOfTheTransportHeaderAreEnough(Family family, Transport transport)
    {
        SeenFlow flow = OpenPlain(family, transport);
        int least = (family == Family.Ip4 ? 20 : 40) + 8;
        IcmpContent Short(byte[] frame) => IcmpContent.About(frame, TimeExceeded(family), 0, 0, least);
        AssertTranslated(ToPod(flow, Short));
        AssertTranslated(ToClient(flow, Short));
        AssertDropped(family, "icmp error not translatable", ToPod(flow, frame => IcmpContent.About(frame, TimeExceeded(family), 0, 0, least - 1)).Sent);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void BothEndsOfAMasqueradedFlowGetTheirErrors(Family family, Transport transport)
    {
        Service service = Cluster.Add(
            family, 80, Cluster.Word(transport), TargetPort, pods: [new Pod(1)], options: $"masquerade {NodeAddress(family)}");
        SeenFlow flow = Open(FlowTo(service, transport), family, NodeAddress(family));
        AssertTranslated(ToPod(flow, frame => IcmpContent.About(frame, TimeExceeded(family), 0)));
        AssertTranslated(ToPod(flow, frame => TooBig(family, frame, 1400), ClientRouter(family)), OtherWorker);
        AssertTranslated(ToClient(flow, frame => TooBig(family, frame, 1400)), OtherWorker);
    }

    /// <summary>I-10: the pod is at both ends, and each end has its own view.</summary>
    [Theory]
    [Trait("Check", "I-10")]
    [ClassData(typeof(FlowKinds))]
    public void APodThatReachesItselfGetsItsErrorsAtBothEnds(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort, [new Pod(1)]);
        SeenFlow flow = Open(new Flow(transport, new Pod(1).At(family, 20_000), service.Vip), family, service.Vip.Address, Lab.PodSide);
        AssertTranslated(ToPod(flow, frame => IcmpContent.About(frame, TimeExceeded(family), 0)), OtherWorker);
        AssertTranslated(ToClient(flow, frame => TooBig(family, frame, 1400)), OtherWorker);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AFlowThroughANodePortGetsItsErrorsBothWays(Family family, Transport transport)
    {
        Cluster.Add(family, 80, Cluster.Word(transport), TargetPort, pods: [new Pod(1)], options: "node_port 30080");
        var node = new IPEndPoint(IPAddress.Parse(family == Family.Ip4 ? "10.1.0.1" : "fd01::1"), 30080);
        SeenFlow flow = Open(new Flow(transport, Lab.Client(family, 1), node), family);
        AssertTranslated(ToPod(flow, frame => TooBig(family, frame, 1400)));
        AssertTranslated(ToPod(flow, frame => TooBig(family, frame, 1400), ClientRouter(family)), OtherWorker);
        AssertTranslated(ToClient(flow, frame => TooBig(family, frame, 1400)), OtherWorker);
    }

    /// <summary>I-9: the session stands in the list as it stood, with its idle time; the flow goes on.</summary>
    [Theory]
    [Trait("Check", "I-9")]
    [Trait("Check", "U-5")]
    [Trait("Check", "T-6")]
    [ClassData(typeof(FlowKinds))]
    public void ErrorsNeitherRefreshNorEndASession(Family family, Transport transport)
    {
        SeenFlow flow = OpenPlain(family, transport);
        LetPass(2);
        Func<byte[], IcmpContent>[] kinds =
            [.. Enumerable.Range(0, 256).Select<int, Func<byte[], IcmpContent>>(type => frame => IcmpContent.About(frame, (byte)type, 1))];
        Host.Exchange(new Injection(Lab.ClientSide, [.. kinds.Select(kind => ToPod(flow, kind).Sent)]));
        Host.Exchange(new Injection(Lab.PodSide, [.. kinds.Select(kind => ToClient(flow, kind).Sent)]));
        string line = Assert.Single(Host.Cli("show ku sessions").Split('\n'), line => line.Contains($"{flow.Client.Source}", StringComparison.Ordinal));
        Assert.InRange(int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture), 2, 60);
        byte[] request = FromClient(flow.Client);
        Assert.Equal([flow], AssertMasqueraded([flow.Client], [request], ClientsSend(request), family, TargetPort, _ => flow.Source.Address));
    }

    [Theory]
    [Trait("Check", "I-2")]
    [ClassData(typeof(FlowKinds))]
    public void WhatCannotBeTranslatedIsDroppedUnderItsReason(Family family, Transport transport)
    {
        SeenFlow flow = OpenPlain(family, transport);
        byte[] good = ToPod(flow, frame => IcmpContent.About(frame, TimeExceeded(family), 0)).Sent;
        byte[] wrong = (byte[])good.Clone();
        new IpView(wrong).L4[3] ^= 1;
        AssertDropped(family, "icmp error damaged", wrong);
        AssertDropped(family, "icmp error not translatable", ToPod(flow, _ => IcmpContent.About(good, TimeExceeded(family), 0)).Sent);
        SeenFlow unknown = flow with { Client = flow.Client with { Source = Lab.Client(family, 99) } };
        AssertDropped(family, "icmp error without a session", ToPod(unknown, frame => IcmpContent.About(frame, TimeExceeded(family), 0)).Sent);
        AssertDropped(family, "icmp not supported", ToPod(flow, frame => IcmpContent.About(frame, family == Family.Ip4 ? (byte)5 : (byte)137, 0)).Sent);
    }

    /// <summary>Ethernet's padding behind the IP packet.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    [Trait("case", "test_icmp_echo_reply_trailer")]
    public void ATrailerOfTheLinkDoesNotMakeAnErrorWrong(Family family, Transport transport)
    {
        SeenFlow flow = OpenPlain(family, transport);
        IcmpExchange exchange = ToPod(flow, frame => IcmpContent.About(frame, TimeExceeded(family), 0));
        byte[] left = Assert.Single(ClientsSend([.. exchange.Sent, .. Enumerable.Repeat((byte)0xee, 9)]).On(Lab.PodSide));
        AssertSame(exchange.Expected, left[..exchange.Expected.Length]);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void ATraceNamesTheFlowThatAnErrorIsAbout(Family family, Transport transport)
    {
        SeenFlow flow = OpenPlain(family, transport);
        Host.Cli("clear trace");
        Host.Cli("trace add pg-input 2");
        AssertTranslated(ToPod(flow, frame => IcmpContent.About(frame, TimeExceeded(family), 0)));
        AssertTranslated(ToClient(flow, frame => IcmpContent.About(frame, TimeExceeded(family), 0)));
        string trace = Host.Cli("show trace");
        Host.Cli("clear trace");
        string words = $"icmp error type {TimeExceeded(family)} code 0 for {Cluster.Word(transport)} {flow.Client.Source} -> {flow.Client.Destination} service ";
        Assert.Contains($"{Node(family)}: {words}", trace, StringComparison.Ordinal);
        Assert.Contains($"{(family == Family.Ip4 ? "kp-nat4-in2out" : "kp-nat6-in2out")}: {words}", trace, StringComparison.Ordinal);
        Assert.Contains($"pod {flow.PodEnd} sent on to the pod", trace, StringComparison.Ordinal);
        Assert.Contains($"pod {flow.PodEnd} sent on to the client", trace, StringComparison.Ordinal);
    }

    private static IPAddress Router(Family family) => IPAddress.Parse(family == Family.Ip4 ? "10.2.0.99" : "fd02::99");

    private SeenFlow OpenPlain(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort, Pod.First(3));
        return Open(FlowTo(service, transport), family);
    }
}

[Collection<VppAloneCollection>]
public sealed class IcmpErrorsInVpp(VppAlone host) : IcmpErrorStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class IcmpErrorsInVppWithOneWorker(VppWithOneWorker host) : IcmpErrorStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class IcmpErrorsInVppWithTwoWorkers(VppWithTwoWorkers host) : IcmpErrorStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class IcmpErrorsInTheEmbeddedHost(EmbeddedHost host) : IcmpErrorStories(host);
