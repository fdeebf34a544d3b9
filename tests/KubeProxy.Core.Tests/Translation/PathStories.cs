using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Translation;

/// <summary>
/// Whole conversations of clients of one family with pods of the other. What must leave is built anew between the ends of that side:
/// the same datagram, its checksum over the other family's addresses.
/// </summary>
public sealed class PathStories
{
    public static TheoryData<bool, byte> Kinds
    {
        get
        {
            var kinds = new TheoryData<bool, byte>();
            foreach (byte protocol in (byte[])[IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp])
            {
                kinds.Add(true, protocol);
                kinds.Add(false, protocol);
            }

            return kinds;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AClientOfOneFamilyTalksToAPodOfTheOther(bool isNat46, byte protocol)
    {
        using var scene = new TranslationScene(isNat46, workerCount: 2);
        for (int port = 40_000; port < 40_020; port++)
        {
            PacketSpec request = scene.Request(protocol, port) with { TcpFlags = PacketSpec.Syn };
            (uint pod, IPEndPoint seen) = Send(scene, request);
            Assert.Equal((pod, seen), Send(scene, request with { TcpFlags = PacketSpec.Ack, PayloadBytes = 40 }));
            PacketSpec answer = request with { From = scene.PodOf(pod), To = seen, TcpFlags = PacketSpec.Syn | PacketSpec.Ack, PayloadBytes = 99 };
            AssertSame(Build(answer with { From = request.To, To = request.From }), scene.Return(Build(answer), worker: 1)!);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void APacketAmongOthersIsTranslatedAsIfItCameAlone(bool isNat46, byte protocol)
    {
        using var together = new TranslationScene(isNat46);
        using var alone = new TranslationScene(isNat46);
        byte[][] packets = [.. Enumerable.Range(0, 7).Select(i => Build(together.Request(protocol, 40_000 + i) with { TcpFlags = PacketSpec.Syn, PayloadBytes = 10 + i }))];
        packets[3] = packets[3][..30];
        packets[5][isNat46 ? 9 : 6] = isNat46 ? IpProtocol.Icmp6 : IpProtocol.Icmp;
        (Outcome Outcome, uint PodSlot, byte[] Packet)[] left = together.ForwardTogether(packets);
        for (int i = 0; i < packets.Length; i++)
        {
            (Outcome outcome, uint pod, byte[] packet) = alone.Forward(packets[i]);
            Assert.Equal(i switch { 3 => Outcome.Truncated, 5 => Outcome.NotTranslatable, _ => Outcome.Translated }, outcome);
            Assert.Equal(outcome, left[i].Outcome);
            if (outcome == Outcome.Translated) Assert.Equal(pod, left[i].PodSlot);
            AssertSame(packet, left[i].Packet);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnErrorAboutTheClientsPacketReachesTheClientFromItsVip(bool isNat46, byte protocol)
    {
        using var scene = new TranslationScene(isNat46);
        PacketSpec request = scene.Request(protocol) with { TcpFlags = PacketSpec.Syn };
        (uint pod, IPEndPoint seen) = Send(scene, request);
        byte[] delivered = Build(request with { From = seen, To = scene.PodOf(pod) });
        IPAddress router = IPAddress.Parse(isNat46 ? "2001:db8:7::7" : "198.51.100.7");
        var error = new IcmpSpec(router, seen.Address, delivered) { Code = isNat46 ? (byte)4 : (byte)3 };
        byte[] expected = Build(request);
        var wanted = new IcmpSpec(request.To.Address, request.From.Address, expected) { Code = isNat46 ? (byte)3 : (byte)4 };
        AssertSame(wanted.Build(), scene.Return(error.Build())!);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnErrorAboutThePodsAnswerReachesThePod(bool isNat46, byte protocol)
    {
        using var scene = new TranslationScene(isNat46);
        PacketSpec request = scene.Request(protocol) with { TcpFlags = PacketSpec.Syn };
        (uint pod, IPEndPoint seen) = Send(scene, request);
        PacketSpec answer = request with { From = scene.PodOf(pod), To = seen, PayloadBytes = 99 };
        byte[] received = Build(answer with { From = request.To, To = request.From });
        IPAddress router = IPAddress.Parse(isNat46 ? "198.51.100.7" : "2001:db8:7::7");
        var error = new IcmpSpec(router, request.To.Address, received) { Code = isNat46 ? (byte)3 : (byte)4 };
        (Outcome outcome, uint slot, byte[] packet) = scene.Forward(error.Build());
        Assert.Equal((Outcome.Translated, pod), (outcome, slot));
        IPAddress from = isNat46 ? scene.SeenOf(router) : TranslationScene.Source4;
        AssertSame(new IcmpSpec(from, answer.From.Address, Build(answer)) { Code = isNat46 ? (byte)4 : (byte)3 }.Build(), packet);
    }

    [Fact]
    public void APingGoesToAPodThatTakesEverythingAndItsAnswerComesBack()
    {
        using var scene = new TranslationScene(isNat46: true);
        var ping = new Wire(Site.Client(IpFamily.Ip4).Address, Site.Vip(IpFamily.Ip4, 2).Address, IpProtocol.Icmp, IcmpWire.Echo(8, 56));
        (Outcome outcome, uint pod, byte[] packet) = scene.Forward(ping.Build(), vipSlot: 2);
        Assert.Equal(Outcome.Translated, outcome);
        IPAddress seen = scene.SeenOf(ping.From);
        Assert.Equal(new Wire(seen, scene.PodOf(pod).Address, IpProtocol.Icmp6, IcmpWire.Echo(128, 56)).Build(), packet);
        var pong = new Wire(scene.PodOf(pod).Address, seen, IpProtocol.Icmp6, IcmpWire.Echo(129, 56));
        AssertSame(new Wire(ping.To, ping.From, IpProtocol.Icmp, IcmpWire.Echo(0, 56)).Build(), scene.Return(pong.Build())!);
    }

    [Theory]
    [Trait("Check", "S-17")]
    [InlineData(47)]
    [InlineData(50)]
    [InlineData(IpProtocol.UdpLite)]
    public void S17AProtocolWithoutPortsGoesToAPodThatTakesEverything(byte protocol)
    {
        using var scene = new TranslationScene(isNat46: true);
        var sent = new Wire(Site.Client(IpFamily.Ip4).Address, Site.Vip(IpFamily.Ip4, 2).Address, protocol, Wire.DatagramOf(protocol, 50));
        (Outcome outcome, uint pod, byte[] packet) = scene.Forward(sent.Build(), vipSlot: 2);
        Assert.Equal(Outcome.Translated, outcome);
        Assert.Equal((sent with { From = scene.SeenOf(sent.From), To = scene.PodOf(pod).Address }).Build(), packet);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatNoSessionHasPassesUntouched(bool isNat46)
    {
        using var scene = new TranslationScene(isNat46);
        PacketSpec request = scene.Request(IpProtocol.Udp);
        (uint pod, IPEndPoint seen) = Send(scene, request);
        PacketSpec answer = request with { From = scene.PodOf(pod), To = seen };
        Assert.Null(scene.Return(Build(answer with { To = new IPEndPoint(seen.Address, seen.Port + 1) })));
        Assert.Null(scene.Return(Build(answer with { From = new IPEndPoint(answer.From.Address, 1) })));
        Assert.Null(scene.Return(Build(answer)[..(isNat46 ? 47 : 27)]));
        scene.Path.Pass(5000);
        Assert.Null(scene.Return(Build(answer)));
    }

    [Theory]
    [InlineData("64:ff9b::192.0.2.1")]
    [InlineData("::ffff:192.0.2.1")]
    public void Rfc6146APacketOfATranslatorIsDropped(string source)
    {
        using var scene = new TranslationScene(isNat46: false);
        PacketSpec request = scene.Request(IpProtocol.Udp) with { From = new IPEndPoint(IPAddress.Parse(source), 40_000) };
        Assert.Equal(Outcome.NotTranslatable, scene.Forward(Build(request)).Outcome);
    }

    /// <summary>ICMP is no protocol over IPv6: it is not that a source port was missing.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void IcmpOfIp4IsNotTranslatableWholeOrInPieces(bool isFragment)
    {
        using var scene = new TranslationScene(isNat46: false);
        (IPAddress client, IPAddress vip) = (Site.Client(IpFamily.Ip6).Address, Site.Vip(IpFamily.Ip6, 2).Address);
        var sent = new Wire(client, vip, IpProtocol.Icmp, IcmpWire.Echo(8, 56)) { Part = isFragment ? (0, 32) : null };
        Assert.Equal(Outcome.NotTranslatable, scene.Forward(sent.Build(), vipSlot: 2).Outcome);
    }

    [Fact]
    public void Rfc6146MappingsDifferAndLast()
    {
        using var scene = new TranslationScene(isNat46: false, workerCount: 2);
        (uint, IPEndPoint)[] SendAll() => [.. Enumerable.Range(40_000, 100).Select(port => Send(scene, scene.Request(IpProtocol.Udp, port)))];
        (uint, IPEndPoint)[] seen = SendAll();
        Assert.Equal(seen.Length, seen.Distinct().Count());
        scene.Path.Pass(50);
        Assert.Equal(seen, SendAll());
    }

    [Theory]
    [InlineData(true, Outcome.ToBeFragmented)]
    [InlineData(false, Outcome.Translated)]
    public void S07WhatIsTooLongAndMayBeFragmentedIsForTheHostToCut(bool mayFragment, Outcome expected)
    {
        using var scene = new TranslationScene(isNat46: true);
        PacketSpec fits = scene.Request(IpProtocol.Udp) with { PayloadBytes = 1260 - 28 };
        Assert.Equal(Outcome.Translated, scene.Forward(fits.Build(), mayFragment: mayFragment).Outcome);
        (Outcome outcome, _, byte[] packet) = scene.Forward((fits with { PayloadBytes = 1261 - 28 }).Build(), mayFragment: mayFragment);
        Assert.Equal(expected, outcome);
        if (outcome != Outcome.Translated) Assert.Equal((fits with { PayloadBytes = 1261 - 28 }).Build(), packet);
    }

    /// <summary>The way to the pod takes 1420 bytes over IPv6, or 1400 over IPv4; a packet that has these passes, a longer one is told to its client.</summary>
    [Theory]
    [Trait("Check", "S-6")]
    [Trait("Check", "S-10")]
    [MemberData(nameof(Kinds))]
    public unsafe void S06And10TooLongAPacketGoesBackAsAnError(bool isNat46, byte protocol)
    {
        using var scene = new TranslationScene(isNat46);
        for (uint slot = 1; slot <= 4 * Topology.PodCount; slot++) PodRecord.SetMtu(scene.Path.Shared->Pods + slot, 1420);
        int longest = (isNat46 ? 1400 - 20 : 1420 - 40) - PacketSpec.L4BytesOf(protocol);
        PacketSpec request = scene.Request(protocol) with { PayloadBytes = longest + 1, Fragment = 0x4000 };
        if (isNat46) request = request with { Seed = 0 };
        Assert.Equal(Outcome.Translated, scene.Forward(Build(request with { PayloadBytes = longest })).Outcome);
        byte[] sent = Build(request);
        Assert.Equal(Outcome.TooLong, scene.Forward(sent).Outcome);
        Assert.Equal(1420u, (uint)scene.Path.Worker()->Batch->Target[0]);
        var packet = new RejectPacket { Start = scene.View->Start, AvailableBytes = scene.View->AvailableBytes, HeadroomBytes = 60 };
        RejectLimit limit = RejectLimit.Create(1, 1);
        RejectAnswer answer = RouterError<Ip6Reject>.Answer(&packet, Outcome.TooLong, 1420, source: null, &limit, 0);
        Assert.Equal((Rejection.TooBig, 1280u), (answer.Rejection, answer.LengthBytes));
        scene.View->MoveTo(scene.View->Start + answer.OffsetBytes);
        scene.View->AvailableBytes = answer.LengthBytes;
        if (isNat46) Assert.Equal(Outcome.Translated, scene.ToIp4(scene.View, 0));
        IcmpSpec expected = isNat46
            ? new IcmpSpec(request.To.Address, request.From.Address, sent[..548]) { Type = 3, Code = 4, Rest = 1400 }
            : new IcmpSpec(request.To.Address, request.From.Address, sent[..1232]) { Type = 2, Code = 0, Rest = 1420 };
        byte[] built = expected.Build();
        built[isNat46 ? 8 : 7] = 64;
        if (isNat46) PacketChecksums.Write(built, 20, 0);
        AssertSame(built, scene.Take());
    }

    /// <summary>The packet reaches a pod as it must; answers pod and what it saw.</summary>
    private static (uint Pod, IPEndPoint Seen) Send(TranslationScene scene, PacketSpec request)
    {
        (Outcome outcome, uint pod, byte[] packet) = scene.Forward(Build(request));
        Assert.Equal(Outcome.Translated, outcome);
        int l4 = packet[0] >> 4 == 4 ? 20 : 40;
        int port = (packet[l4] << 8) | packet[l4 + 1];
        var seen = new IPEndPoint(scene.SeenOf(request.From.Address), port);
        if (scene.IsNat46) Assert.Equal(request.From.Port, port);
        AssertSame(Build(request with { From = seen, To = scene.PodOf(pod) }), packet);
        return (pod, seen);
    }

    /// <summary>Without a flow label, and without "don't fragment".</summary>
    private static byte[] Build(PacketSpec spec)
    {
        byte[] packet = spec.Build();
        if (packet[0] >> 4 == 6) packet[3] = 0;
        else if (spec.Fragment == 0) packet = TranslationScene.WithId(packet);
        return packet;
    }

    private static void AssertSame(byte[] expected, byte[] packet)
    {
        if (packet[0] >> 4 == 6) Assert.Equal(expected, packet);
        else Assert.Equal(TranslationScene.WithId(expected), TranslationScene.WithId(packet));
    }
}
