using System.Text.RegularExpressions;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>VPP's own tests of NAT44-ED, test_nat44_ed.py, as far as they are about load balancing, tables, interfaces and what is nobody's business.</summary>
public abstract partial class Nat44CaseStories(HostFixture fixture) : Story(fixture)
{
    private const byte Gre = 47;
    private const byte Esp = 50;

    /// <summary>An interface that comes and goes. VPP reads a stream's interface at the place of its number: the next free one must be taken.</summary>
    private const string Passing = "pg2";
    private static readonly PacketOptions Opening = PacketOptions.Plain with { Syn = true };

    [Theory]
    [Trait("case", "test_static_lb")]
    [Trait("case", "test_static_lb_2")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AFlowHasOneSessionWhichGoesWithItsServiceAndTheServerItselfIsReachedUntouched(Family family)
    {
        Service service = Weighted(family, 70, 30);
        Pod pod = Assert.Single(Converse(service, [FlowTo(service, Transport.Tcp)], Opening));
        Assert.Equal(1, SessionCount());

        Flow direct = new(Transport.Tcp, Lab.Client(family, 1), pod.At(family, 8080));
        AssertUntouched(direct, pod);
        Assert.Equal(1, SessionCount());
        Cluster.Remove(service);
        Assert.Equal(0, SessionCount());
        AssertUntouched(direct, pod);
    }

    [Theory]
    [Trait("case", "test_static_lb_multi_clients")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ManyClientsSpreadByWeightAndFollowBackendsThatComeAndGo(Family family)
    {
        (Pod first, Pod second, Pod third) = (new Pod(1), new Pod(2), new Pod(3));
        Service service = Weighted(family, 90, 10);
        ILookup<Pod, Pod> two = Clients(service, 0);
        Assert.True(two[first].Count() > 3 * two[second].Count(), $"{two[first].Count()} and {two[second].Count()} clients");
        Lab.Type($"ku pod {service.Key} {third.Address(family)} weight 20");
        Assert.Equivalent(new[] { first, second, third }, Clients(service, 100).Select(group => group.Key), strict: true);
        Cluster.Remove(service, second);
        Assert.Equivalent(new[] { first, third }, Clients(service, 200).Select(group => group.Key), strict: true);
    }

    /// <summary>Client and pod are neighbours on one interface, and all packets come and go there.</summary>
    [Theory]
    [Trait("case", "test_one_armed_nat44_static")]
    [ClassData(typeof(FlowKinds))]
    public void AClientBesideThePodOnOneInterfaceIsServedBothWays(Family family, Transport transport)
    {
        (Pod pod, Pod client) = (new Pod(1), new Pod(9));
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: [pod]);
        Flow flow = new(transport, client.At(family, 12_345), service.Vip);
        byte[] request = FromPod(client, flow, Opening);
        AssertSame(Expect.ToPod(request, Lab.To(pod), pod.At(family, 8080)), Assert.Single(PodsSend(request).On(Lab.PodSide)));
        byte[] answer = FromPod(pod, new Flow(transport, pod.At(family, 8080), flow.Source));
        AssertSame(Expect.FromVip(answer, Lab.To(client), service.Vip), Assert.Single(PodsSend(answer).On(Lab.PodSide)));
    }

    /// <summary>The second interface has the first one's number, which is what features are switched by.</summary>
    [Theory]
    [Trait("Check", "LIF-03")]
    [Trait("case", "test_delete_interface")]
    [Trait("case", "IFC-01")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AnInterfaceThatGetsTheNumberOfADeletedOneTranslatesNothing(Family family)
    {
        Assert.SkipUnless(Host is VppHost, "the embedded host deletes no interface");
        Pod pod = new(1);
        Service service = Cluster.Add(family, Transport.Udp, 53, pods: [pod]);
        Flow flow = FlowTo(service, Transport.Udp);
        PodsOf(service, [flow]);
        string nat = $"ku set interface {service.Nat} in {Passing}";
        string number = CreatePassing();
        try
        {
            Lab.Type(nat);
            Assert.Equal(1, AnswersTranslatedOnPassing(flow, pod));
            Lab.Type($"delete packet-generator interface {Passing}");
            Assert.DoesNotContain(Passing, Host.Cli("show ku"), StringComparison.Ordinal);
            Assert.Equal(number, CreatePassing());
            Assert.DoesNotContain(Passing, Host.Cli("show ku"), StringComparison.Ordinal);
            Assert.Equal(0, AnswersTranslatedOnPassing(flow, pod));
            Assert.Contains($"is not set on interface {Passing}", Host.Cli($"{nat} del"), StringComparison.Ordinal);
        }
        finally
        {
            Host.Cli($"delete packet-generator interface {Passing}");
        }
    }

    /// <summary>To a VIP it is dropped under its own name; from a pod it is the pod's own business and stays as it is.</summary>
    [Theory]
    [Trait("case", "test_unknown_proto")]
    [InlineData(Family.Ip4, Gre)]
    [InlineData(Family.Ip4, Esp)]
    [InlineData(Family.Ip6, Gre)]
    [InlineData(Family.Ip6, Esp)]
    public void AProtocolWithoutPortsIsDroppedToAVipAndUntouchedFromAPod(Family family, byte protocol)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(family, 80, protocol: null, pods: [pod]);
        Converse(service, [FlowTo(service, Transport.Tcp)], Opening);
        AssertNobodyServes([OddPackets.WithProtocol(FromClient(FlowTo(service, Transport.Tcp)), protocol)], "protocol not supported");
        byte[] answer = FromPod(pod, new Flow(Transport.Tcp, pod.At(family, 80), Lab.Client(family, 0)));
        byte[] expected = OddPackets.WithProtocol(Expect.Forwarded(answer, Lab.ToClients), protocol);
        AssertSame(expected, Assert.Single(PodsSend(OddPackets.WithProtocol(answer, protocol)).On(Lab.ClientSide)));
    }

    /// <summary>A neighbour of the pods that serves nothing, and a pod's port that no service has.</summary>
    [Theory]
    [Trait("case", "test_forwarding")]
    [ClassData(typeof(FlowKinds))]
    public void WhatIsNobodysServiceIsForwardedBothWaysAndRemembersNothing(Family family, Transport transport)
    {
        Cluster.Add(family, transport, 80, targetPort: 8080);
        AssertUntouched(new Flow(transport, Lab.Client(family, 1), new Pod(9).At(family, 80)), new Pod(9));
        AssertUntouched(new Flow(transport, Lab.Client(family, 1), new Pod(1).At(family, 9090)), new Pod(1));
        Assert.Equal(0, SessionCount());
    }

    /// <summary>Sixty-four places, all taken by sessions that are over.</summary>
    [Theory]
    [Trait("Check", "LIF-07")]
    [Trait("case", "test_lru_cleanup")]
    [Trait("case", "TBL-03")]
    [InlineData(Family.Ip4, Transport.Udp)]
    [InlineData(Family.Ip6, Transport.Tcp)]
    public void AFullTableWhoseSessionsAreOverTakesAsManyNewOnes(Family family, Transport transport)
    {
        const int FlowCount = 1000;
        Lab.Type("ku conf buckets 16 timeout 1");
        try
        {
            Service service = Cluster.Add(family, transport, 80);
            Flow[] flows = [.. Enumerable.Range(0, 2 * FlowCount).Select(i => FlowTo(service, transport, i))];
            PodsOf(service, flows[..FlowCount], Opening);
            int remembered = SessionCount();
            Assert.InRange(remembered, 32, 64);
            LetPass(seconds: 2);
            Assert.Equal(0, SessionCount());
            PodsOf(service, flows[FlowCount..], Opening);
            Assert.InRange(SessionCount(), remembered - 8, 64);
        }
        finally
        {
            Lab.Type("ku conf buckets-log2 16 timeout default");
        }
    }

    private Service Weighted(Family family, int first, int second)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, targetPort: 8080, pods: []);
        Lab.Type($"ku pod {service.Key} {new Pod(1).Address(family)} weight {first}");
        Lab.Type($"ku pod {service.Key} {new Pod(2).Address(family)} weight {second}");
        return service;
    }

    /// <summary>New flows of fifty clients, by the pods that they reach.</summary>
    private ILookup<Pod, Pod> Clients(Service service, int first) =>
        Converse(service, [.. Enumerable.Range(first, 50).Select(i => FlowTo(service, Transport.Tcp, i))], Opening).ToLookup(pod => pod);

    private void AssertUntouched(Flow direct, Pod host)
    {
        byte[] request = FromClient(direct);
        AssertSame(Expect.Forwarded(request, Lab.To(host)), Assert.Single(ClientsSend(request).On(Lab.PodSide)));
        byte[] answer = FromPod(host, direct.Reversed);
        AssertSame(Expect.Forwarded(answer, Lab.ToClients), Assert.Single(PodsSend(answer).On(Lab.ClientSide)));
    }

    /// <summary>Creates the passing interface, up and with addresses of both families; its number.</summary>
    private string CreatePassing()
    {
        Host.Cli($"create packet-generator interface {Passing} hw-addr 02:00:00:00:00:02");
        Lab.Type($"set interface state {Passing} up");
        Lab.Type($"set interface ip address {Passing} 10.9.0.1/24");
        Lab.Type($"set interface ip address {Passing} fd09::1/64");
        Match row = InterfaceRow().Match(Host.Cli($"show interface {Passing}"));
        Assert.Equal(Passing, row.Groups[1].Value);
        return row.Groups[2].Value;
    }

    /// <summary>How many answers of the pod that come in there leave with the VIP's address: one, or none and then untouched.</summary>
    private int AnswersTranslatedOnPassing(Flow flow, Pod pod)
    {
        Flow back = new(flow.Transport, pod.At(flow.IsIp6 ? Family.Ip6 : Family.Ip4, 53), flow.Source);
        byte[] answer = PacketFactory.Build(back, Lab.From(pod) with { To = Host.MacOf(Passing) }, PacketOptions.Plain);
        byte[] left = Assert.Single(Exchange(new Injection(Passing, [answer])).On(Lab.ClientSide));
        bool isTranslated = new IpView(left).Source.Equals(flow.Destination.Address);
        AssertSame(isTranslated ? Expect.FromVip(answer, Lab.ToClients, flow.Destination) : Expect.Forwarded(answer, Lab.ToClients), left);
        return isTranslated ? 1 : 0;
    }

    [GeneratedRegex(@"^(pg\d+)\s+(\d+)", RegexOptions.Multiline)]
    private static partial Regex InterfaceRow();
}

[Collection<VppAloneCollection>]
public sealed class Nat44CaseInVpp(VppAlone host) : Nat44CaseStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class Nat44CaseInVppWithOneWorker(VppWithOneWorker host) : Nat44CaseStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class Nat44CaseInVppWithTwoWorkers(VppWithTwoWorkers host) : Nat44CaseStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class Nat44CaseInTheEmbeddedHost(EmbeddedHost host) : Nat44CaseStories(host);
