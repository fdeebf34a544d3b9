using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>A client whose packet nobody serves is told so; what may not be answered is dropped under its own name.</summary>
public abstract class RejectStories : Story
{
    private const byte Rst = 0x04;

    /// <summary>Earlier stories on this host may have used up its answers: this is time for fifty new ones, and no story expects more.</summary>
    private static readonly TimeSpan TimeForAnswers = TimeSpan.FromMilliseconds(50);

    protected RejectStories(HostFixture fixture) : base(fixture) => Thread.Sleep(TimeForAnswers);

    [Theory]
    [Trait("Defect", "D2")]
    [Trait("Defect", "A-3")]
    [Trait("Defect", "REG-FDIO-2")]
    [Trait("Check", "MAL-16")]
    [ClassData(typeof(FlowKinds))]
    public void APortThatNoServiceHasIsRefused(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, 80, protocol: null);
        AssertRefused("unknown port", FromClient(FlowTo(service, transport, port: 81)), FromClient(FlowTo(service, transport, port: 65535)));
    }

    [Theory]
    [Trait("Defect", "D2")]
    [Trait("Defect", "A-3")]
    [Trait("Check", "MAL-16")]
    [ClassData(typeof(FlowKinds))]
    public void TheOtherProtocolOnAServicesPortIsAnUnknownPort(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        Transport other = transport == Transport.Tcp ? Transport.Udp : Transport.Tcp;
        AssertRefused("unknown port", FromClient(FlowTo(service, other)));
    }

    [Theory]
    [Trait("Defect", "D5")]
    [Trait("Defect", "A-10")]
    [ClassData(typeof(FlowKinds))]
    public void AServiceWithoutPodsRefusesAndServesAsSoonAsAPodAppears(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: []);
        byte[] request = FromClient(FlowTo(service, transport));
        AssertRefused("no pod", request);
        Assert.Contains("0 shown of 0 sessions", Host.Cli("show ku sessions"), StringComparison.Ordinal);
        Cluster.AddPods(service, new Pod(5));
        Assert.Equal([new Pod(5)], AssertReachedPods([request], ClientsSend(request), family));
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void SynsWithAndWithoutDataAreAcknowledgedByTheirResets(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, pods: []);
        byte[][] syns = [.. new[] { 0, 1, 700 }.Select(length => FromClient(
            FlowTo(service, Transport.Tcp), PacketOptions.Plain with { Syn = true, PayloadLengthBytes = length }))];
        AssertRefused("no pod", syns);
    }

    /// <summary>Longer than what an ICMP error may quote.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void LongDatagramsAreQuotedAsFarAsAllowed(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 53, pods: []);
        AssertRefused("no pod", [.. new[] { 519, 520, 521, 1183, 1184, 1185, 1400 }.Select(length => FromClient(
            FlowTo(service, Transport.Udp), PacketOptions.Plain with { PayloadLengthBytes = length }))]);
    }

    /// <summary>Longer than one buffer: the answer fits the first one, the others are given back.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void PacketsInChainedBuffersAreRefusedAndLeaveNoBufferBehind(Family family, Transport transport)
    {
        Assert.SkipUnless(Host is VppHost, "only VPP chains buffers");
        Service service = Cluster.Add(family, transport, 80, pods: []);
        long buffers = HostUse.BuffersInUse(Host);
        byte[][] requests = [.. new[] { 2048, 4000, 8800 }.Select(length => FromClient(
            FlowTo(service, transport), PacketOptions.Plain with { Syn = transport == Transport.Tcp, PayloadLengthBytes = length }))];
        AssertAnswers(requests, ClientsSend(requests));
        Assert.Equal(buffers, HostUse.BuffersInUse(Host));
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AResetIsNotAnswered(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, pods: []);
        byte[] reset = FromClient(FlowTo(service, Transport.Tcp));
        new IpView(reset).L4[13] |= Rst;
        Checksums.FillL4(reset);
        AssertNotAnswered("no pod", reset);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void ADamagedPacketIsNotAnswered(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: []);
        byte[] damaged = FromClient(FlowTo(service, transport));
        Checksums.Corrupt(damaged, 0x1234);
        AssertNotAnswered("no pod", damaged);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void APacketFromTheVipToItselfIsNotAnswered(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: []);
        AssertNotAnswered("no pod", FromClient(new Flow(transport, new IPEndPoint(service.Vip.Address, 4000), service.Vip)));
    }

    [Theory]
    [Trait("Check", "MAL-20")]
    [ClassData(typeof(FlowKinds))]
    public void ABroadcastOfTheLinkIsNotAnswered(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: []);
        byte[] request = FromClient(FlowTo(service, transport));
        request.AsSpan(0, 6).Fill(0xff);
        AssertNotAnswered("no pod", request);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AnswersAreLimitedAndTheOthersCounted(Family family, Transport transport)
    {
        const int Sent = 3000;
        Service service = Cluster.Add(family, transport, 80, pods: []);
        IReadOnlyList<byte[]> requests = FromClients(Enumerable.Range(0, Sent).Select(i => FlowTo(service, transport, i)));
        ErrorCounters before = ErrorCounters.Of(Host);
        Stopwatch time = Stopwatch.StartNew();
        int answered = ClientsSend(requests).On(Lab.ClientSide).Count;
        double seconds = time.Elapsed.TotalSeconds;
        IReadOnlyDictionary<string, long> counted = ErrorCounters.Of(Host).Since(before);
        Assert.InRange(answered, 1, 1000 + (1000 * seconds) + 1);
        Assert.Equal(Sent, counted[$"{Node(family)}: no pod"]);
        Assert.Equal(answered, counted[$"{Node(family)}: {Answer(transport)}"]);
        Assert.Equal(Sent - answered, counted.GetValueOrDefault($"{Node(family)}: reject: over the limit"));

        // The other stories of this host find the thread's whole allowance again.
        Thread.Sleep(TimeSpan.FromSeconds(1));
    }

    /// <summary>Among packets that are translated, so that a refused one does not take a neighbour with it.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void RefusalsWithinAFrameLeaveTheOthersAlone(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        IReadOnlyList<byte[]> good = FromClients(Enumerable.Range(0, 100).Select(i => FlowTo(service, transport, i)));
        byte[] refused = FromClient(FlowTo(service, transport, port: 81));
        IReadOnlyList<byte[]> mixed = [.. good.SelectMany((frame, i) => i % 3 == 0 ? [frame] : new[] { refused, frame })];
        IReadOnlyList<byte[]> left = ClientsSend(mixed).On(Lab.PodSide);
        Assert.Equal(good.Count, left.Count);
        Assert.All(left, frame => Assert.Equal(80, new IpView(frame).DestinationPort));
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void NoBufferIsLostByRefusals(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: []);
        long before = HostUse.BuffersInUse(Host);
        IReadOnlyList<byte[]> requests = FromClients(Enumerable.Range(0, 2000).Select(i => FlowTo(service, transport, i)));
        for (int round = 0; round < 10; round++)
            Host.Exchange(new Injection(Lab.ClientSide, requests));
        Assert.Equal(before, HostUse.BuffersInUse(Host));
    }

    /// <summary>
    /// MAL-17: the route to the pods leads back to the VIP, and each time the packet comes round another pod is free for it.
    /// </summary>
    [Theory]
    [Trait("Rel", "REL-16")]
    [Trait("Defect", "A-24")]
    [Trait("Check", "MAL-17")]
    [ClassData(typeof(FlowKinds))]
    public void APacketThatComesRoundForEverIsCut(Family family, Transport transport)
    {
        const int Sent = 500;
        string network = family == Family.Ip4 ? "10.66.0.0/16" : "fd66::/64";
        Service service = Cluster.Add(family, transport, 80, pods: []);
        IEnumerable<string> pods = Enumerable.Range(1, 8).Select(number => family == Family.Ip4 ? $"10.66.1.{number}" : $"fd66::{number}");
        Lab.Type($"ku pod {service.Key} {string.Join(' ', pods)}");
        string route = $"{network} via {service.Vip.Address}";
        Lab.Type($"ip route add {route}");
        try
        {
            ErrorCounters before = ErrorCounters.Of(Host);
            Assert.Equal(0, ClientsSend(FromClients(Enumerable.Range(0, Sent).Select(i => FlowTo(service, transport, i)))).Count);
            IReadOnlyDictionary<string, long> counted = ErrorCounters.Of(Host).Since(before);
            KeyValuePair<string, long> only = Assert.Single(counted, row => row.Key.StartsWith("kp", StringComparison.Ordinal));
            Assert.Equal(KeyValuePair.Create($"{Node(family)}: loop", (long)Sent), only);
            Assert.True(Host.IsAlive);
        }
        finally
        {
            Host.Cli($"ip route del {route}");
        }
    }

    private static string Node(Family family) => family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6";

    private static string Answer(Transport transport) => transport == Transport.Tcp ? "reject: rst" : "reject: port unreachable";

    private void AssertRefused(string reason, params byte[][] frames)
    {
        ErrorCounters before = ErrorCounters.Of(Host);
        AssertAnswers(frames, ClientsSend(frames));
        IpView first = new(frames[0]);
        string node = first.IsIp4 ? Node(Family.Ip4) : Node(Family.Ip6);
        AssertCounted(before, $"{node}: {reason}", $"{node}: {Answer(first.Flow.Transport)}", frames.Length);
    }

    private void AssertNotAnswered(string reason, byte[] frame)
    {
        ErrorCounters before = ErrorCounters.Of(Host);
        Assert.Equal(0, Host.Exchange(new Injection(Lab.ClientSide, [frame])).Count);
        string node = new IpView(frame).IsIp4 ? Node(Family.Ip4) : Node(Family.Ip6);
        AssertCounted(before, $"{node}: {reason}", $"{node}: reject: not answerable", 1);
    }

    private void AssertCounted(ErrorCounters before, string reason, string end, long count)
    {
        KeyValuePair<string, long>[] counted = [.. ErrorCounters.Of(Host).Since(before).Where(row => row.Key.StartsWith("kp", StringComparison.Ordinal))];
        Assert.Equivalent(new[] { KeyValuePair.Create(reason, count), KeyValuePair.Create(end, count) }, counted, strict: true);
    }

    /// <summary>Each frame has its answer, in order, byte for byte, and nothing else left.</summary>
    private void AssertAnswers(byte[][] sent, Capture capture)
    {
        IReadOnlyList<byte[]> answers = capture.On(Lab.ClientSide);
        Assert.Equal((sent.Length, sent.Length), (answers.Count, capture.Count));
        for (int i = 0; i < sent.Length; i++)
        {
            ushort identification = BinaryPrimitives.ReadUInt16BigEndian(new IpView(answers[i]).Ip[4..]);
            byte[] expected = new IpView(sent[i]).Protocol == IpView.Tcp
                ? ExpectRefusal.Reset(sent[i], Lab.ToClients)
                : ExpectRefusal.Unreachable(sent[i], Lab.ToClients, identification);
            AssertSame(expected, answers[i]);
        }
    }
}

[Collection<VppAloneCollection>]
public sealed class RejectsInVpp(VppAlone host) : RejectStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class RejectsInVppWithOneWorker(VppWithOneWorker host) : RejectStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class RejectsInVppWithTwoWorkers(VppWithTwoWorkers host) : RejectStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class RejectsInTheEmbeddedHost(EmbeddedHost host) : RejectStories(host);
