using System.Buffers.Binary;
using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>
/// Packets whose headers lie, on a real graph: each ends as it must, at this plugin or before it; a canary flow sent behind them is translated, no session is
/// left and no buffer is lost.
/// </summary>
public abstract class MalformedStories(HostFixture fixture) : Story(fixture)
{
    [Theory]
    [Trait("Check", "MAL-04")]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public void Ip4PacketsWithOptionsNeverArriveInVpp(Transport transport)
    {
        Assert.SkipUnless(Host is VppHost, "the embedded host passes them on, and they are translated");
        Service service = Cluster.Add(Family.Ip4, transport, 80);
        AssertEnds(service, null, [.. Enumerable.Range(1, 10).Select(words => OddPackets.WithOptions4(FromClient(FlowTo(service, transport)), words * 4))]);
    }

    [Theory]
    [Trait("Check", "MAL-05")]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public void WhatIp4InputRefusesNeverArrives(Transport transport)
    {
        Service service = Cluster.Add(Family.Ip4, transport, 80);
        byte[] plain = FromClient(FlowTo(service, transport));
        byte[][] wrong =
        [
            .. Enumerable.Range(0, 5).Select(words => Ip4(plain, ip => ip[0] = (byte)(0x40 | words))),
            .. Enumerable.Range(0, 16).Where(version => version != 4).Select(version => Ip4(plain, ip => ip[0] = (byte)((version << 4) | 5))),
            Ip4(plain, ip => BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(ip.Length + 1))),
            Ip4(plain, ip => BinaryPrimitives.WriteUInt16BigEndian(ip[2..], ushort.MaxValue)),
            Ip4(plain, ip => ip[10] ^= 0x01, isChecksumRight: false),
        ];
        AssertEnds(service, null, wrong);
        if (Host is VppHost)
            AssertEnds(service, null, Ip4(plain, ip => BinaryPrimitives.WriteUInt16BigEndian(ip[6..], 1)));
    }

    [Theory]
    [Trait("Check", "MAL-06")]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public void AnIp6LengthThatLiesIsATruncatedPacket(Transport transport)
    {
        Assert.SkipUnless(Host is VppHost, "the embedded host looks at the length itself");
        Service service = Cluster.Add(Family.Ip6, transport, 80);
        byte[] plain = FromClient(FlowTo(service, transport), PacketOptions.Plain with { PayloadLengthBytes = 64 });
        int there = plain.Length - 54;
        AssertEnds(service, "truncated packet", [.. new[] { 0, 1, 7, there + 1, there + 2, 9000, 65_535 }.Select(length => Ip6Length(plain, length))]);

        // A known flow makes no difference.
        AssertReachedPods([plain], ClientsSend(plain), Family.Ip6);
        AssertEnds(service, "truncated packet", Ip6Length(plain, there + 1));
    }

    /// <summary>Hop-by-hop options in front and destination options anywhere: the transport header behind them counts, both ways.</summary>
    [Theory]
    [Trait("Check", "V-2")]
    [InlineData(Transport.Tcp, 0)]
    [InlineData(Transport.Tcp, 60)]
    [InlineData(Transport.Udp, 0)]
    [InlineData(Transport.Udp, 60)]
    public void HeadersThatLeaveAPacketWhereItIsArePassedOver(Transport transport, byte kind)
    {
        Service service = Cluster.Add(Family.Ip6, transport, 80, 8080);
        Flow flow = FlowTo(service, transport);
        Pod pod = Assert.Single(PodsOf(service, [flow]));
        byte[] Extended(byte[] frame) => OddPackets.WithExtension(OddPackets.WithExtension(frame, 60, 16), kind, 8);
        byte[] request = FromClient(flow);
        byte[] left = Assert.Single(ClientsSend(Extended(request)).On(Lab.PodSide));
        AssertSame(Extended(Expect.ToPod(request, Lab.To(pod), pod.At(Family.Ip6, 8080))), left);
        byte[] answer = FromPod(pod, new Flow(transport, pod.At(Family.Ip6, 8080), flow.Source));
        byte[] back = Assert.Single(PodsSend(Extended(answer)).On(Lab.ClientSide));
        AssertSame(Extended(Expect.FromVip(answer, Lab.ToClients, flow.Destination)), back);
    }

    [Theory]
    [Trait("Check", "MAL-07")]
    [InlineData(43)]
    [InlineData(51)]
    public void ChainsOfHeadersThatAreNotPassedOverAreDropped(byte kind)
    {
        Service service = Cluster.Add(Family.Ip6, Transport.Udp, 80);
        byte[] plain = FromClient(FlowTo(service, Transport.Udp));
        byte[][] frames = new byte[6][];
        for (int i = 0; i < frames.Length; i++)
        {
            byte[] frame = plain;
            for (int n = 0; n < i; n++) frame = OddPackets.WithExtension(frame, 60, 8);
            frames[i] = OddPackets.WithExtension(frame, kind, 8);
        }

        AssertEnds(service, "extension header", frames);
    }

    [Theory]
    [Trait("Check", "MAL-11")]
    [InlineData(Family.Ip4, "127.0.0.1")]
    [InlineData(Family.Ip4, "0.0.0.1")]
    [InlineData(Family.Ip4, "224.0.0.5")]
    [InlineData(Family.Ip4, "255.255.255.255")]
    [InlineData(Family.Ip4, "90.1.2.3")]
    [InlineData(Family.Ip6, "::")]
    [InlineData(Family.Ip6, "::1")]
    [InlineData(Family.Ip6, "fe80::7")]
    [InlineData(Family.Ip6, "ff02::1")]
    [InlineData(Family.Ip6, "2003::3")]
    public void ASourceThatIsNoSingleHostOpensNoSession(Family family, string source)
    {
        foreach (Transport transport in (Transport[])[Transport.Tcp, Transport.Udp])
        {
            Service service = Cluster.Add(family, transport, 80);
            Flow flow = FlowTo(service, transport) with { Source = new IPEndPoint(IPAddress.Parse(source), 4000) };
            AssertEnds(service, "source is no single host", FromClient(flow));
            Cluster.Remove(service);
        }
    }

    [Theory]
    [Trait("Check", "MAL-11")]
    [InlineData(Family.Ip4, "10.1.0.1")]
    [InlineData(Family.Ip6, "fd01::1")]
    public void APacketThatClaimsToComeFromThisHostIsAnybodys(Family family, string source)
    {
        Service service = Cluster.Add(family, Transport.Udp, 80);
        byte[] request = FromClient(FlowTo(service, Transport.Udp) with { Source = new IPEndPoint(IPAddress.Parse(source), 4000) });
        AssertReachedPods([request], ClientsSend(request), family);
    }

    [Theory]
    [Trait("Check", "MAL-12")]
    [ClassData(typeof(FlowKinds))]
    public void ExtremePortsAreServedByAVipOfEveryPort(Family family, Transport transport)
    {
        Service service = Cluster.AddPrefix(family, family == Family.Ip4 ? "91.0.0.0/8" : "2004::/16", Pod.First(4));
        IPAddress vip = IPAddress.Parse(family == Family.Ip4 ? "91.0.0.1" : "2004::1");
        int[] ports = [0, 1, 65_535];
        Flow[] flows = [.. from source in ports from destination in ports
                           select new Flow(transport, new IPEndPoint(Lab.Client(family, 1).Address, source), new IPEndPoint(vip, destination))];
        IReadOnlyList<byte[]> requests = FromClients(flows);
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, ClientsSend(requests), family);
        Assert.Equal(flows.Length, SessionCount());
        IReadOnlyList<byte[]> answers = Answers(flows, pods, family);
        AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
    }

    [Theory]
    [Trait("Rel", "REL-16")]
    [Trait("Check", "MAL-17")]
    [InlineData(Family.Ip4, "0.0.0.0")]
    [InlineData(Family.Ip4, "127.0.0.1")]
    [InlineData(Family.Ip4, "224.0.0.1")]
    [InlineData(Family.Ip4, "255.255.255.255")]
    [InlineData(Family.Ip4, "90.1.2.3")]
    [InlineData(Family.Ip6, "::")]
    [InlineData(Family.Ip6, "::1")]
    [InlineData(Family.Ip6, "ff02::1")]
    [InlineData(Family.Ip6, "2003::3")]
    public void AnAddressThatNoPodHasIsRefusedOrHarmless(Family family, string address)
    {
        Service service = Cluster.Add(family, Transport.Udp, 80, pods: []);
        string answer = Host.Cli($"ku pod {service.Key} {address}");
        IReadOnlyList<byte[]> requests = FromClients(Enumerable.Range(0, 50).Select(i => FlowTo(service, Transport.Udp, i)));
        long buffers = HostUse.BuffersInUse(Host);
        Capture capture = Host.Exchange(new Injection(Lab.ClientSide, requests));
        Assert.Empty(capture.On(Lab.PodSide));
        Assert.True(Host.IsAlive, answer);
        Assert.Equal(buffers, HostUse.BuffersInUse(Host));
    }

    [Theory]
    [Trait("Check", "MAL-19")]
    [ClassData(typeof(FlowKinds))]
    public void PaddingAndTrailersOfTheLinkDoNotMakeAPacketWrong(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, [new Pod(1)]);
        byte[] plain = FromClient(FlowTo(service, transport), PacketOptions.Plain with { PayloadLengthBytes = 8 });
        byte[] expected = Expect.ToPod(plain, Lab.To(new Pod(1)), new Pod(1).At(family, 8080));
        byte[][] requests = [.. Enumerable.Range(0, 47).Select(trailer => (byte[])[.. plain, .. new byte[trailer]])];
        IReadOnlyList<byte[]> left = ClientsSend(requests).On(Lab.PodSide);
        Assert.Equal(requests.Length, left.Count);
        Assert.All(left, frame => AssertSame(expected, frame[..expected.Length]));
    }

    [Theory]
    [Trait("Check", "MAL-20")]
    [ClassData(typeof(FlowKinds))]
    public void ABroadcastOfTheLinkIsWhatItsIpHeaderSays(Family family, Transport transport)
    {
        Assert.SkipUnless(Host is VppHost, "the embedded host takes no broadcasts of the link for IP");
        Service service = Cluster.Add(family, transport, 80);
        byte[] request = FromClient(FlowTo(service, transport));
        request.AsSpan(0, 6).Fill(0xff);
        AssertReachedPods([request], ClientsSend(request), family);
    }

    private static byte[] Ip6Length(byte[] frame, int length)
    {
        byte[] changed = [.. frame];
        BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(IpView.EthernetLengthBytes + 4), (ushort)length);
        return changed;
    }

    private delegate void ChangeHeader(Span<byte> ip);

    private static byte[] Ip4(byte[] frame, ChangeHeader change, bool isChecksumRight = true)
    {
        byte[] changed = [.. frame];
        Span<byte> ip = changed.AsSpan(IpView.EthernetLengthBytes);
        change(ip);
        if (!isChecksumRight)
            return changed;
        ip.Slice(10, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~InternetChecksum.Sum(ip[..20]));
        return changed;
    }

    /// <summary>Nothing leaves; each is counted here under its reason, or, without one, nothing is.</summary>
    private void AssertEnds(Service service, string? reason, params byte[][] frames)
    {
        string node = service.Family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6";
        (int sessions, long buffers, ErrorCounters before) = (SessionCount(), HostUse.BuffersInUse(Host), ErrorCounters.Of(Host));
        Capture capture = Host.Exchange(new Injection(Lab.ClientSide, frames));
        Assert.Empty(capture.On(Lab.PodSide));
        KeyValuePair<string, long>[] counted = [.. ErrorCounters.Of(Host).Since(before).Where(row => row.Key.StartsWith("kp", StringComparison.Ordinal))];
        KeyValuePair<string, long>[] expected = reason is null ? [] : [KeyValuePair.Create($"{node}: {reason}", (long)frames.Length)];
        Assert.Equal(expected, counted);
        Assert.Equal((sessions, buffers), (SessionCount(), HostUse.BuffersInUse(Host)));
        byte[] canary = FromClient(FlowTo(service, service.Protocol == "tcp" ? Transport.Tcp : Transport.Udp, 700));
        AssertReachedPods([canary], ClientsSend(canary), service.Family);
        Lab.Type("test kube-proxy flowtable flush");
    }
}

[Collection<VppAloneCollection>]
public sealed class MalformedInVpp(VppAlone host) : MalformedStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class MalformedInVppWithOneWorker(VppWithOneWorker host) : MalformedStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class MalformedInTheEmbeddedHost(EmbeddedHost host) : MalformedStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class MalformedInVppWithTwoWorkers(VppWithTwoWorkers host) : MalformedStories(host);
