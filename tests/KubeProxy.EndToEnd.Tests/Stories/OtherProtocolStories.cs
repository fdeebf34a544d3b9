using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Protocols without ports: balanced by addresses to a VIP of everything, dropped to a VIP with ports, untouched either way.</summary>
public abstract class OtherProtocolStories(HostFixture fixture) : Story(fixture)
{
    private const byte Gre = 47;
    private const byte Esp = 50;
    private const int FragmentBytes = 16;

    [Theory]
    [Trait("case", "test_unknown_proto")]
    [Trait("Check", "MAL-13")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void EveryProtocolIsBalancedToAVipOfEverythingAndAnsweredFromItsAddress(Family family)
    {
        Service service = AddPrefix(family);
        IReadOnlyList<byte[]> requests = [.. Protocols(family).Select((protocol, id) => Request(service, protocol, 0, id))];
        IReadOnlyList<Pod> pods = AssertReached(requests, ClientsSend(requests), family);
        Assert.Equal(pods, AssertReached(requests, ClientsSend(requests), family));
        IReadOnlyList<byte[]> answers = [.. requests.Select((request, id) => Answer(family, new IpView(request).Protocol, pods[id], 0, id))];
        int other = Math.Max(0, Host.WorkerCount - 1);
        AssertReachedClients(answers, Exchange(new Injection(Lab.PodSide, answers, other)), _ => service.Vip);
        AssertReachedClients(answers, PodsSend(answers), _ => service.Vip);
        AssertCounted(service, first: requests.Count, existing: requests.Count, pods);
    }

    [Theory]
    [Trait("Defect", "D6")]
    [Trait("Defect", "A-4")]
    [Trait("Check", "MAL-13")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void EveryProtocolToAVipWithPortsIsDroppedAndCounted(Family family)
    {
        Service service = Cluster.Add(family, 80);
        byte icmp = family == Family.Ip4 ? IpView.Icmp : IpView.Icmp6;
        IReadOnlyList<byte[]> requests = [.. Protocols(family).Where(protocol => protocol != icmp).Select((protocol, id) => Request(service, protocol, 0, id))];
        AssertNobodyServes(requests, "protocol not supported");
    }

    [Theory]
    [InlineData(Family.Ip4, Gre)]
    [InlineData(Family.Ip4, IpView.Icmp)]
    [InlineData(Family.Ip6, Esp)]
    [InlineData(Family.Ip6, IpView.Icmp6)]
    public void ClientsSpreadOverThePodsAndKeepThem(Family family, byte protocol)
    {
        Service service = AddPrefix(family);
        IReadOnlyList<byte[]> requests = [.. Enumerable.Range(0, 400).Select(i => Request(service, protocol, i, i))];
        IReadOnlyList<Pod> pods = AssertReached(requests, ClientsSend(requests), family);
        Assert.All(pods.CountBy(pod => pod), share => Assert.InRange(share.Value, 50, 150));
        Assert.Equal(pods, AssertReached(requests, ClientsSend(requests), family));
        Assert.Equal(requests.Count, SessionCount());
    }

    /// <summary>No byte behind the IP header counts, so no fragment needs another; each arrives where the client's whole packets do.</summary>
    [Theory]
    [Trait("Check", "MAL-08")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void FragmentsGoTheWayOfWholePacketsInAnyOrder(Family family)
    {
        Service service = AddPrefix(family);
        byte[] whole = Request(service, Gre, 0, 0);
        Pod pod = Assert.Single(AssertReached([whole], ClientsSend(whole), family));
        byte[] answer = Answer(family, Gre, pod, 0, 0);
        AssertFragments(whole, Expect.ToPod(whole, Lab.To(pod), pod.At(family, 0)), Lab.ClientSide, Lab.PodSide);
        AssertFragments(answer, Expect.FromVip(answer, Lab.ToClients, service.Vip), Lab.PodSide, Lab.ClientSide);
        Assert.Equal(Math.Max(1, Host.WorkerCount), SessionCount());
    }

    /// <summary>A pod that pings a client which pings it through the VIP: its request is its own, the client's reply finds it.</summary>
    [Theory]
    [InlineData(Family.Ip4, IpView.Icmp)]
    [InlineData(Family.Ip6, IpView.Icmp6)]
    public void APodsOwnPingPassesUntouched(Family family, byte icmp)
    {
        Service service = AddPrefix(family);
        byte[] ping = Request(service, icmp, 0, 0);
        Pod pod = Assert.Single(AssertReached([ping], ClientsSend(ping), family));
        byte[] own = OddPackets.Echo(Between(pod.At(family, 80), Lab.Client(family, 0), Lab.From(pod), 0));
        AssertSame(Expect.Forwarded(own, Lab.ToClients), Assert.Single(PodsSend(own).On(Lab.ClientSide)));
    }

    [Theory]
    [InlineData(Family.Ip4, IpView.Icmp, "icmp")]
    [InlineData(Family.Ip6, IpView.Icmp6, "icmp6")]
    [InlineData(Family.Ip4, Gre, "47")]
    [InlineData(Family.Ip6, Gre, "47")]
    public void SessionsAndTracesNameTheProtocolAndNoPorts(Family family, byte protocol, string name)
    {
        Service service = AddPrefix(family);
        byte[] request = Request(service, protocol, 0, 0);
        string trace = Traced(() => ClientsSend(request));
        IPAddress client = Lab.Client(family, 0).Address;
        Assert.Contains($"{name} {client} -> {service.Vip.Address} service {service.Prefix} protocol any pod ", trace, StringComparison.Ordinal);
        Pod pod = Assert.Single(AssertReached([request], ClientsSend(request), family));
        Assert.Contains($"destination {service.Vip.Address} -> {pod.Address(family)}\n", trace.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Matches($@"\b{name}\s+{client}\s+{service.Vip.Address}\s", Host.Cli("show ku sessions"));
        byte[] answer = Answer(family, protocol, pod, 0, 0);
        Assert.Contains($"source {pod.Address(family)} -> {service.Vip.Address}", Traced(() => PodsSend(answer)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ASessionEndsAfterTheTimeOfIcmp(Family family)
    {
        Lab.Type("ku conf timeout icmp 2");
        try
        {
            Service service = AddPrefix(family);
            byte[] request = Request(service, Gre, 0, 0);
            Pod pod = Assert.Single(AssertReached([request], ClientsSend(request), family));
            LetPass(seconds: 4);
            Assert.Equal(0, SessionCount());
            byte[] late = Answer(family, Gre, pod, 0, 0);
            AssertSame(Expect.Forwarded(late, Lab.ToClients), Assert.Single(PodsSend(late).On(Lab.ClientSide)));
        }
        finally
        {
            Lab.Type("ku conf timeout default");
        }
    }

    /// <summary>There is no port that could tell a masqueraded client, or a pod that reaches itself, from another.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void WhatNeedsAnotherSourceIsDropped(Family family)
    {
        Service service = AddPrefix(family, new Pod(1));
        byte[] hairpin = OddPackets.WithProtocol(Between(new Pod(1).At(family, 80), service.Vip, Lab.From(new Pod(1)), 0), Gre);
        ErrorCounters before = ErrorCounters.Of(Host);
        Assert.Equal(0, PodsSend(hairpin).Count);
        Assert.Equal(1, ErrorCounters.Of(Host).Since(before)[$"{(family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6")}: no source port"]);
        Assert.Equal(0, SessionCount());
    }

    /// <summary>The protocols that have no other meaning to the family: no extension headers, and none that has ports.</summary>
    private static IEnumerable<byte> Protocols(Family family) => Enumerable.Range(0, 256).Select(number => (byte)number)
        .Where(number => number is not (IpView.Tcp or IpView.Udp or IpView.Sctp))
        .Where(number => family == Family.Ip4 || number is not (0 or 43 or 44 or 51 or 60 or 135 or 139 or 140));

    private Service AddPrefix(Family family, params Pod[] pods) =>
        Cluster.AddPrefix(family, family == Family.Ip4 ? "90.0.0.7/32" : "2003::7/128", pods.Length == 0 ? Pod.First(4) : pods);

    private byte[] Request(Service service, byte protocol, int client, int id) =>
        With(service.Family, protocol, Between(Lab.Client(service.Family, client), service.Vip, Lab.FromClients, id), OddPackets.Echo);

    private byte[] Answer(Family family, byte protocol, Pod pod, int client, int id) =>
        With(family, protocol, Between(pod.At(family, 80), Lab.Client(family, client), Lab.From(pod), id), OddPackets.EchoReply);

    /// <summary>A plain packet, whose payload carries the identifier.</summary>
    private static byte[] Between(IPEndPoint from, IPEndPoint to, Link link, int id) =>
        PacketFactory.Build(new Flow(Transport.Udp, from, to), link, PacketOptions.Plain with { Id = id });

    private void AssertFragments(byte[] whole, byte[] expected, string from, string to)
    {
        IReadOnlyList<byte[]> sent = [.. Fragments.Of(whole, 77, FragmentBytes).Reverse()];
        IReadOnlyList<byte[]> left = Exchange(new Injection(from, sent, Math.Max(0, Host.WorkerCount - 1))).On(to);
        Assert.Equal(sent.Count, left.Count);
        foreach ((byte[] fragment, byte[] wanted) in left.Zip(Fragments.Of(expected, 77, FragmentBytes).Reverse()))
            AssertSame(wanted, fragment);
    }

    private static byte[] With(Family family, byte protocol, byte[] plain, Func<byte[], byte[]> echo)
    {
        if (protocol == (family == Family.Ip4 ? IpView.Icmp : IpView.Icmp6))
            return echo(plain);
        byte[] frame = OddPackets.WithProtocol(plain, protocol);
        Checksums.FillL4(frame);
        return frame;
    }

    private IReadOnlyList<Pod> AssertReached(IReadOnlyList<byte[]> sent, Capture capture, Family family) =>
        AssertReachedPods(sent, capture, family, targetPort: 0);

    private void AssertCounted(Service service, int first, int existing, IReadOnlyList<Pod> pods)
    {
        string text = Host.Cli($"show ku vip {service.Prefix} verbose");
        Assert.Matches($@"first-session packets\s+{first}\b", text);
        Assert.Matches($@"existing-session packets\s+{existing}\b", text);
        foreach ((Pod pod, int flows) in pods.CountBy(pod => pod))
            Assert.Matches($@"{pod.Address(service.Family)}\s.*\b{flows}\s+{2 * flows}\s", text);
    }
}

[Collection<VppAloneCollection>]
public sealed class OtherProtocolsInVpp(VppAlone host) : OtherProtocolStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class OtherProtocolsInVppWithOneWorker(VppWithOneWorker host) : OtherProtocolStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class OtherProtocolsInVppWithTwoWorkers(VppWithTwoWorkers host) : OtherProtocolStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class OtherProtocolsInTheEmbeddedHost(EmbeddedHost host) : OtherProtocolStories(host);
