using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Clients over IPv4 whose pods are over IPv6 (nat46), and the other way round (nat64).</summary>
public abstract class FamilyTranslationStories(HostFixture fixture) : TranslationStory(fixture)
{
    [Theory]
    [Trait("Defect", "D20")]
    [Trait("Defect", "A-9")]
    [Trait("Check", "S-21")]
    [Trait("Check", "S-23")]
    [ClassData(typeof(PortKinds))]
    public void ClientsOfOneFamilyTalkToPodsOfTheOther(Family family, Transport transport)
    {
        Add(family, $"port 80 protocol {Cluster.Word(transport)}", $"target_port {TargetPort}", Pod.First(4));
        Flow[] flows = [.. Enumerable.Range(0, 300).Select(i => FlowOf(family, transport, i))];
        PacketOptions syn = PacketOptions.Plain with { Syn = true, PayloadLengthBytes = 33 };
        IReadOnlyList<SeenFlow> seen = AssertReached(flows, ClientsSend(FromClients(flows, syn)), syn);
        Assert.Equal(4, seen.Select(flow => flow.Pod).Distinct().Count());
        AssertAnswered(seen, syn with { Ack = true });
        Assert.Equal(seen, AssertReached(flows, ClientsSend(FromClients(flows)), PacketOptions.Plain));
        AssertAnswered(seen, PacketOptions.Plain with { PayloadLengthBytes = 1000 });
        Assert.Equal(flows.Length, SessionCount());
    }

    [Theory]
    [Trait("Check", "S-18")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ErrorsReachTheClientFromItsVipAndThePodFromWhatItSaw(Family family)
    {
        Add(family, "port 80 protocol udp", $"target_port {TargetPort}", Pod.First(4));
        Family pods = PodFamily(family);
        SeenFlow flow = Open(FlowOf(family, Transport.Udp, 3));
        PacketOptions quoted = PacketOptions.Plain with { Id = 0, PayloadLengthBytes = 40, TimeToLive = 61 };
        byte[] delivered = PacketFactory.Build(new Flow(Transport.Udp, flow.Source, flow.PodEnd), Lab.To(flow.Pod), quoted);
        byte[] sent = PacketFactory.Build(flow.Client, Lab.FromClients, quoted);
        byte[] left = Assert.Single(PodsSend(IcmpFactory.Build(Lab.From(flow.Pod), flow.PodEnd.Address, flow.Source.Address, Exceeded(pods, delivered))).On(Lab.ClientSide));
        AssertAlike(IcmpFactory.Build(Lab.ToClients, flow.Client.Destination.Address, flow.Client.Source.Address, Exceeded(family, sent) with { Hops = 63 }), left);

        byte[] answer = PacketFactory.Build(new Flow(Transport.Udp, flow.PodEnd, flow.Source), Lab.From(flow.Pod), quoted);
        byte[] received = PacketFactory.Build(flow.Client.Reversed, Lab.ToClients, quoted);
        IPAddress router = IPAddress.Parse(family == Family.Ip4 ? "10.1.0.10" : "fd01::10");
        left = Assert.Single(ClientsSend(IcmpFactory.Build(Lab.FromClients, router, VipOf(family).Address, Exceeded(family, received))).On(Lab.PodSide));
        AssertAlike(IcmpFactory.Build(Lab.To(flow.Pod), Seen(router), flow.PodEnd.Address, Exceeded(pods, answer) with { Hops = 63 }), left);
    }

    /// <summary>RFC 4884 section 3: behind 128 bytes at least, which a header of 20 bytes less needs zeros for, and at whole words.</summary>
    [Theory]
    [Trait("Check", "S-19")]
    [ClassData(typeof(FlowKinds))]
    public void S19ExtensionsOfErrorsArriveInTheOtherFamilyBothWays(Family family, Transport transport)
    {
        Add(family, $"port 80 protocol {Cluster.Word(transport)}", $"target_port {TargetPort}", Pod.First(4));
        (Family pods, int quotedByClients, int quotedByPods) = (PodFamily(family), family == Family.Ip4 ? 108 : 148, family == Family.Ip4 ? 148 : 108);
        SeenFlow flow = Open(FlowOf(family, transport, 3));
        PacketOptions quoted = PacketOptions.Plain with { Id = 0, PayloadLengthBytes = 300, TimeToLive = 61 };
        byte[] delivered = PacketFactory.Build(new Flow(transport, flow.Source, flow.PodEnd), Lab.To(flow.Pod), quoted);
        byte[] sent = PacketFactory.Build(flow.Client, Lab.FromClients, quoted);
        byte[] left = Assert.Single(PodsSend(IcmpFactory.Build(Lab.From(flow.Pod), flow.PodEnd.Address, flow.Source.Address, Extended(pods, delivered, 128))).On(Lab.ClientSide));
        AssertAlike(IcmpFactory.Build(Lab.ToClients, flow.Client.Destination.Address, flow.Client.Source.Address, Extended(family, sent, quotedByClients) with { Hops = 63 }), left);

        byte[] answer = PacketFactory.Build(new Flow(transport, flow.PodEnd, flow.Source), Lab.From(flow.Pod), quoted);
        byte[] received = PacketFactory.Build(flow.Client.Reversed, Lab.ToClients, quoted);
        left = Assert.Single(ClientsSend(IcmpFactory.Build(Lab.FromClients, flow.Client.Source.Address, VipOf(family).Address, Extended(family, received, 128))).On(Lab.PodSide));
        AssertAlike(IcmpFactory.Build(Lab.To(flow.Pod), flow.Source.Address, flow.PodEnd.Address, Extended(pods, answer, quotedByPods) with { Hops = 63 }), left);
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void NobodyServesAndTheClientIsToldInItsOwnFamily(Family family)
    {
        Add(family, "port 80 protocol udp", $"target_port {TargetPort}");
        Add(family, "port 80 protocol tcp", $"target_port {TargetPort}");
        ErrorCounters before = ErrorCounters.Of(Host);
        Flow udp = FlowOf(family, Transport.Udp, 5);
        byte[] request = FromClient(udp);
        byte[] left = Assert.Single(ClientsSend(request).On(Lab.ClientSide));
        IcmpContent told = IcmpContent.About(request, family == Family.Ip4 ? (byte)3 : (byte)1, family == Family.Ip4 ? (byte)3 : (byte)4);
        AssertAlike(IcmpFactory.Build(Lab.ToClients, udp.Destination.Address, udp.Source.Address, told), left);

        Flow tcp = FlowOf(family, Transport.Tcp, 6);
        IpView reset = new(Assert.Single(ClientsSend(FromClient(tcp, PacketOptions.Plain with { Syn = true })).On(Lab.ClientSide)));
        Assert.Equal(tcp.Reversed, reset.Flow);
        Assert.Equal(0x14, reset.L4[13]);
        Assert.Equal(2, ErrorCounters.Of(Host).Since(before).GetValueOrDefault($"{Node(family)}: no pod"));
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AVipWithAPodAnswersPings(Family family)
    {
        Add(family, "port 80 protocol udp", $"target_port {TargetPort}", Pod.First(1));
        IPAddress client = Lab.Client(family, 1).Address;
        byte request = family == Family.Ip4 ? (byte)8 : (byte)128;
        byte[] data = [.. Enumerable.Range(0, 56).Select(i => (byte)i)];
        IcmpContent ping = new(request, 0, 0x1234_0001, data);
        byte[] left = Assert.Single(ClientsSend(IcmpFactory.Build(Lab.FromClients, client, VipOf(family).Address, ping)).On(Lab.ClientSide));
        AssertAlike(IcmpFactory.Build(Lab.ToClients, VipOf(family).Address, client, ping with { Type = family == Family.Ip4 ? (byte)0 : (byte)129 }), left);
    }

    [Fact]
    public void APingReachesAPodThatTakesEverything()
    {
        Add(Family.Ip4, "", "", Pod.First(1));
        IPAddress client = Lab.Client(Family.Ip4, 1).Address;
        Pod pod = new(1);
        IcmpContent ping = new(8, 0, 0x1234_0001, [1, 2, 3]);
        byte[] left = Assert.Single(ClientsSend(IcmpFactory.Build(Lab.FromClients, client, VipOf(Family.Ip4).Address, ping)).On(Lab.PodSide));
        AssertSame(IcmpFactory.Build(Lab.To(pod), Seen(client), pod.Address(Family.Ip6), ping with { Type = 128, Hops = 63 }), left);
        left = Assert.Single(PodsSend(IcmpFactory.Build(Lab.From(pod), pod.Address(Family.Ip6), Seen(client), ping with { Type = 129 })).On(Lab.ClientSide));
        AssertAlike(IcmpFactory.Build(Lab.ToClients, VipOf(Family.Ip4).Address, client, ping with { Type = 0, Hops = 63 }), left);
    }

    [Fact]
    [Trait("Check", "S-15")]
    public void S15AnIp4DatagramWithoutAChecksumGetsOne()
    {
        Add(Family.Ip4, "port 80 protocol udp", $"target_port {TargetPort}", Pod.First(1));
        Flow flow = FlowOf(Family.Ip4, Transport.Udp, 9);
        PacketOptions options = PacketOptions.Plain with { ZeroUdpChecksum = true };
        AssertReached([flow], ClientsSend(FromClients([flow], options)), PacketOptions.Plain);
    }

    /// <summary>From the interface that the packet came in by, or, where that speaks the other family to pods, from the VIP.</summary>
    [Theory]
    [Trait("Check", "S-6")]
    [Trait("Check", "S-10")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void S06And10WhatThePodsLinkDoesNotTakeGoesBackAsAnError(Family family)
    {
        Assert.SkipUnless(Host is VppHost, "the embedded host receives no packet of this length");
        Add(family, "port 80 protocol udp", $"target_port {TargetPort}", Pod.First(1));
        Flow flow = FlowOf(family, Transport.Udp, 4);
        Open(flow);
        int mtu = 9000 + (family == Family.Ip4 ? -20 : 20);
        byte[] request = WithoutFragmenting(FromClient(flow, PacketOptions.Plain with { PayloadLengthBytes = mtu }));
        Capture capture = ClientsSend(request);
        byte[] left = Assert.Single(capture.On(Lab.ClientSide));
        IpView view = new(left);
        Assert.Equal((family == Family.Ip4 ? (byte)3 : (byte)2, (uint)mtu), (view.L4[0], System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(view.L4[4..])));
        Assert.Equal(family == Family.Ip4 ? VipOf(family).Address : IPAddress.Parse("fd01::1"), view.Source);
    }

    /// <summary>Traceroute works through such a VIP too: the packet is quoted as it was sent.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void APacketWithItsLastHopIsToldToItsClient(Family family)
    {
        Add(family, "port 80 protocol udp", $"target_port {TargetPort}", Pod.First(1));
        Flow flow = FlowOf(family, Transport.Udp, 6);
        byte[] request = FromClient(flow, PacketOptions.Plain with { Id = 0, TimeToLive = 1 });
        byte[] left = Assert.Single(ClientsSend(request).On(Lab.ClientSide));
        IPAddress router = family == Family.Ip4 ? VipOf(family).Address : IPAddress.Parse("fd01::1");
        AssertAlike(IcmpFactory.Build(Lab.ToClients, router, flow.Source.Address, IcmpContent.About(request, family == Family.Ip4 ? (byte)11 : (byte)3, 0)), left);
        Assert.Equal(0, SessionCount());
    }

    [Theory]
    [Trait("Check", "S-2")]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public void S02ExtensionHeadersOfAnAnswerAreTakenOut(Transport transport)
    {
        Add(Family.Ip4, $"port 80 protocol {Cluster.Word(transport)}", $"target_port {TargetPort}", Pod.First(1));
        SeenFlow flow = Open(FlowOf(Family.Ip4, transport, 8));
        byte[] answer = FromPod(flow.Pod, new Flow(transport, flow.PodEnd, flow.Source));
        byte[] left = Assert.Single(PodsSend(OddPackets.WithExtension(answer, 60, 16)).On(Lab.ClientSide));
        AssertAlike(Hop(flow.Client.Reversed, Lab.ToClients, PacketOptions.Plain), left);
    }

    [Fact]
    [Trait("Check", "S-3")]
    public void S03AHeaderBehindTheFragmentHeaderIsProhibited()
    {
        Add(Family.Ip6, "port 80 protocol udp", $"target_port {TargetPort}", Pod.First(1));
        Flow flow = FlowOf(Family.Ip6, Transport.Udp, 7);
        byte[] request = OddPackets.Fragment6(OddPackets.WithExtension(FromClient(flow), 60, 8), 0, more: true);
        byte[] left = Assert.Single(ClientsSend(request).On(Lab.ClientSide));
        AssertAlike(IcmpFactory.Build(Lab.ToClients, IPAddress.Parse("fd01::1"), flow.Source.Address, IcmpContent.About(request, 1, 1)), left);
    }

    [Fact]
    public void TraceAndShowTellBothFamilies()
    {
        Add(Family.Ip4, "port 80 protocol udp", $"target_port {TargetPort}", Pod.First(1));
        Add(Family.Ip6, "port 80 protocol udp", $"target_port {TargetPort}", Pod.First(1));
        Flow flow4 = FlowOf(Family.Ip4, Transport.Udp, 11);
        Flow flow6 = FlowOf(Family.Ip6, Transport.Udp, 12);
        string trace = Traced(() => ClientsSend(FromClients([flow4, flow6])));
        Assert.Contains($"kp4-nat6: udp [{Seen(flow4.Source.Address)}]:{flow4.Source.Port} -> {flow4.Destination} service 90.1.2.3/32 protocol udp port 80 pod fd02::11 session new", trace, StringComparison.Ordinal);
        Assert.Contains($"kp6-nat4: udp {flow6.Source} -> {flow6.Destination} service 2003::3/128 protocol udp port 80 pod 10.2.0.11 session new", trace, StringComparison.Ordinal);
        string sessions = Host.Cli("show ku sessions");
        Assert.Contains("90.1.2.3:80", sessions, StringComparison.Ordinal);
        Assert.Contains("10.2.0.11:8080", sessions, StringComparison.Ordinal);
        Assert.Contains("nat46", Host.Cli("show ku vips"), StringComparison.Ordinal);
        string why = Host.Cli($"show ku why udp {flow4.Source.Address} {flow4.Source.Port} 90.1.2.3 80");
        Assert.Contains($"-> [fd02::11]:{TargetPort}", why, StringComparison.Ordinal);
        Assert.Contains($"{flow4.Source} -> [{Seen(flow4.Source.Address)}]:{flow4.Source.Port}", why, StringComparison.Ordinal);
        Assert.Contains($"-> 10.2.0.11:{TargetPort}", Host.Cli($"show ku why udp {flow6.Source.Address} {flow6.Source.Port} 2003::3 80"), StringComparison.Ordinal);
    }

    [Fact]
    public void APrefixOfAnotherLengthIsTheOneThatPodsSee()
    {
        Lab.Type("ku conf prefix64 2001:db8:122:344::/64");
        Add(Family.Ip4, "port 80 protocol udp", $"target_port {TargetPort}", Pod.First(1));
        Assert.Contains("prefix64 64:ff9b::/96: pods of nat46 VIPs see their clients in 2001:db8:122:344::/64", Host.Cli("ku conf prefix64 64:ff9b::/96"), StringComparison.Ordinal);
        byte[] request = PacketFactory.Build(FlowOf(Family.Ip4, Transport.Udp, 0), Lab.FromClients, PacketOptions.Plain);
        IpView view = new(Assert.Single(ClientsSend(request).On(Lab.PodSide)));
        Assert.Equal(IPAddress.Parse("2001:db8:122:344:ac:1001:100:0"), view.Source);
    }

    private static IcmpContent Exceeded(Family family, byte[] about) => IcmpContent.About(about, family == Family.Ip4 ? (byte)11 : (byte)3, 0);

    /// <summary>"Time exceeded" with so many bytes of a packet, zeros up to where an extension may begin, an MPLS label (RFC 4950), and its place in words.</summary>
    private static IcmpContent Extended(Family family, byte[] about, int quotedLengthBytes)
    {
        int word = family == Family.Ip4 ? 4 : 8;
        int words = Math.Max(128, quotedLengthBytes + word - 1) / word;
        byte[] extension = [0x20, 0, 0xDF, 0xF8, 0, 8, 1, 1, 0, 1, 1, 1];
        IcmpContent plain = IcmpContent.About(about, family == Family.Ip4 ? (byte)11 : (byte)3, 0, (uint)words << (family == Family.Ip4 ? 16 : 24), quotedLengthBytes);
        return plain with { Body = [.. plain.Body, .. new byte[(words * word) - quotedLengthBytes], .. extension] };
    }

    private static byte[] WithoutFragmenting(byte[] frame)
    {
        if (new IpView(frame).IsIp4)
        {
            frame[IpView.EthernetLengthBytes + 6] = 0x40;
            Checksums.FillIp4Header(frame);
        }

        return frame;
    }
}

[Collection<VppAloneCollection>]
public sealed class FamilyTranslationInVpp(VppAlone host) : FamilyTranslationStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class FamilyTranslationInVppWithOneWorker(VppWithOneWorker host) : FamilyTranslationStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class FamilyTranslationInVppWithTwoWorkers(VppWithTwoWorkers host) : FamilyTranslationStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class FamilyTranslationInTheEmbeddedHost(EmbeddedHost host) : FamilyTranslationStories(host);
