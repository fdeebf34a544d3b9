using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Pings to VIPs: the host answers for a service that has a pod.</summary>
public abstract class EchoStories : Story
{
    /// <summary>Earlier stories on this host may have used up its answers: this is time for fifty new ones.</summary>
    private static readonly TimeSpan TimeForAnswers = TimeSpan.FromMilliseconds(50);

    protected EchoStories(HostFixture fixture) : base(fixture) => Thread.Sleep(TimeForAnswers);

    /// <summary>I-13: identifier, sequence number and data come back as they were.</summary>
    [Theory]
    [Trait("Check", "I-13")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AVipWithAPodAnswersPingsOfEveryLength(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, pods: [new Pod(1)]);
        IcmpContent[] pings = [.. new[] { 0, 1, 2, 7, 8, 56, 1000, 1400 }.Select((length, number) => Ping(family, length, number))];
        AssertAnswered(service, pings);
        Assert.Equal(0, SessionCount());
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void PingsInChainedBuffersAreAnsweredWholeAndLeaveNoBufferBehind(Family family)
    {
        Assert.SkipUnless(Host is VppHost, "only VPP chains buffers");
        Service service = Cluster.Add(family, Transport.Tcp, 80, pods: [new Pod(1)]);
        long buffers = HostUse.BuffersInUse(Host);
        AssertAnswered(service, [Ping(family, 2100, 1), Ping(family, 5001, 2), Ping(family, 8800, 3)]);
        Assert.Equal(buffers, HostUse.BuffersInUse(Host));
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void WithoutAPodNobodyAnswersUntilOneAppears(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 53, pods: []);
        AssertDropped(family, "echo without a pod", Frame(service, Ping(family, 56, 1)));
        Cluster.AddPods(service, new Pod(3));
        AssertAnswered(service, [Ping(family, 56, 1)]);
        Cluster.Remove(service, new Pod(3));
        AssertDropped(family, "echo without a pod", Frame(service, Ping(family, 56, 1)));
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AVipThatTakesEveryProtocolDoesNotAnswerButItsPodDoes(Family family)
    {
        Pod pod = new(1);
        Service service = Cluster.AddPrefix(family, family == Family.Ip4 ? "90.0.0.0/8" : "2003::/16", [pod]);
        byte[] request = Frame(service, Ping(family, 56, 1));
        AssertSame(Expect.ToPod(request, Lab.To(pod), pod.At(family, 0)), Assert.Single(ClientsSend(request).On(Lab.PodSide)));
        IcmpContent pong = Ping(family, 56, 1) with { Type = family == Family.Ip4 ? (byte)0 : (byte)129 };
        byte[] reply = IcmpFactory.Build(Lab.From(pod), pod.Address(family), Client(family), pong);
        AssertSame(Expect.FromVip(reply, Lab.ToClients, service.Vip), Assert.Single(PodsSend(reply).On(Lab.ClientSide)));
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void WhatMayNotBeAnsweredIsCountedAsThat(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, pods: [new Pod(1)]);
        byte[] damaged = Frame(service, Ping(family, 56, 1));
        new IpView(damaged).L4[3] ^= 1;
        byte[] broadcast = Frame(service, Ping(family, 56, 1));
        broadcast.AsSpan(0, 6).Fill(0xff);
        byte[] fromItself = IcmpFactory.Build(Lab.FromClients, service.Vip.Address, service.Vip.Address, Ping(family, 56, 1));
        foreach (byte[] frame in (byte[][])[damaged, broadcast, fromItself])
        {
            ErrorCounters before = ErrorCounters.Of(Host);
            Assert.Equal(0, Host.Exchange(new Injection(Lab.ClientSide, [frame])).Count);
            AssertCounted(before, (Key(family, "echo request"), 1), (Key(family, "reject: not answerable"), 1));
        }
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AnswersAreLimitedAndRefusalsHaveALimitOfTheirOwn(Family family)
    {
        const int Sent = 5000;
        Service service = Cluster.Add(family, Transport.Tcp, 80, pods: [new Pod(1)]);
        byte[] ping = Frame(service, Ping(family, 8, 1));
        ErrorCounters before = ErrorCounters.Of(Host);
        int answered = ClientsSend([.. Enumerable.Repeat(ping, Sent)]).On(Lab.ClientSide).Count;
        Assert.InRange(answered, 1, Sent - 1);
        AssertCounted(before, (Key(family, "echo request"), Sent), (Key(family, "echo answered"), answered), (Key(family, "reject: over the limit"), Sent - answered));
        byte[] refused = FromClient(FlowTo(service, Transport.Tcp, port: 81));
        Assert.Single(ClientsSend(refused).On(Lab.ClientSide));
    }

    /// <summary>Ethernet's padding behind the IP packet.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    [Trait("case", "test_icmp_echo_reply_trailer")]
    public void ATrailerOfTheLinkDoesNotMakeAPingWrong(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, pods: [new Pod(1)]);
        IcmpContent ping = Ping(family, 12, 1);
        byte[] left = Assert.Single(ClientsSend([.. Frame(service, ping), .. Enumerable.Repeat((byte)0xee, 11)]).On(Lab.ClientSide));
        AssertSame(Reply(service, ping), left);
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ATraceSaysThatAPingWasAnswered(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, pods: [new Pod(1)]);
        Host.Cli("clear trace");
        Host.Cli("trace add pg-input 1");
        AssertAnswered(service, [Ping(family, 56, 1)]);
        Assert.Contains($"{Node(family)}: echo answered (echo request)", Host.Cli("show trace"), StringComparison.Ordinal);
        Host.Cli("clear trace");
    }

    private static string Node(Family family) => family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6";

    private static string Key(Family family, string reason) => $"{Node(family)}: {reason}";

    private static IPAddress Client(Family family) => Lab.Client(family, 1).Address;

    private static IcmpContent Ping(Family family, int length, int number)
    {
        byte[] data = new byte[length];
        new Random(number).NextBytes(data);
        return new IcmpContent(family == Family.Ip4 ? (byte)8 : (byte)128, 0, 0x4b50_0000u + (uint)number, data) { Hops = 17 };
    }

    private byte[] Frame(Service service, IcmpContent ping) => IcmpFactory.Build(Lab.FromClients, Client(service.Family), service.Vip.Address, ping);

    private byte[] Reply(Service service, IcmpContent ping) => IcmpFactory.Build(
        Lab.ToClients, service.Vip.Address, Client(service.Family), ping with { Type = ping.Type == 8 ? (byte)0 : (byte)129, Hops = 64 });

    /// <summary>Each ping has its answer, in order, byte for byte, and nothing else left.</summary>
    private void AssertAnswered(Service service, IcmpContent[] pings)
    {
        ErrorCounters before = ErrorCounters.Of(Host);
        Capture capture = ClientsSend([.. pings.Select(ping => Frame(service, ping))]);
        IReadOnlyList<byte[]> answers = capture.On(Lab.ClientSide);
        Assert.Equal((pings.Length, pings.Length), (answers.Count, capture.Count));
        for (int i = 0; i < pings.Length; i++)
            AssertSame(Reply(service, pings[i]), answers[i]);
        AssertCounted(before, (Key(service.Family, "echo request"), pings.Length), (Key(service.Family, "echo answered"), pings.Length));
    }

    private void AssertDropped(Family family, string reason, byte[] frame)
    {
        ErrorCounters before = ErrorCounters.Of(Host);
        Assert.Equal(0, ClientsSend(frame).Count);
        AssertCounted(before, (Key(family, reason), 1));
    }

    private void AssertCounted(ErrorCounters before, params (string Key, long Count)[] expected)
    {
        (string, long)[] counted = [.. ErrorCounters.Of(Host).Since(before)
            .Where(row => row.Key.StartsWith("kp", StringComparison.Ordinal)).Select(row => (row.Key, row.Value))];
        Assert.Equivalent(expected, counted, strict: true);
    }
}

[Collection<VppAloneCollection>]
public sealed class EchoesInVpp(VppAlone host) : EchoStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class EchoesInVppWithOneWorker(VppWithOneWorker host) : EchoStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class EchoesInVppWithTwoWorkers(VppWithTwoWorkers host) : EchoStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class EchoesInTheEmbeddedHost(EmbeddedHost host) : EchoStories(host);
