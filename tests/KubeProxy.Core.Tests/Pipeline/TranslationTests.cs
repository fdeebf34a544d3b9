using System.Net;
using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>What packets look like behind the pipeline, byte by byte, against the naive translator.</summary>
public sealed class TranslationTests
{
    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AFirstPacketGoesToAPodAndTheNextOneFollows(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(protocol);
        Verdict first = site.Forward(request);
        Assert.Equal(Outcome.Translated, first.Outcome);
        Assert.Equal(SessionUse.First, first.Session);
        Assert.Contains(first.PodSlot, site.Pods(protocol));
        Assert.Equal(0x7_0000_0000UL | first.PodSlot, first.Target);
        Assert.Equal(Translation.ToPod(request.Build(), site.PodOf(first.PodSlot, 80)), first.Bytes);

        PacketSpec next = request with { Seed = 99, PayloadBytes = 1400 };
        Verdict second = site.Forward(next);
        Assert.Equal(SessionUse.Existing, second.Session);
        Assert.Equal(first.PodSlot, second.PodSlot);
        Assert.Equal(Translation.ToPod(next.Build(), site.PodOf(first.PodSlot, 80)), second.Bytes);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void TheSecondPacketOfANewFlowInOneFrameFollowsTheFirst(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(protocol);
        Verdict[] verdicts = site.Forward(request, request with { Seed = 5 }, request with { Seed = 6 });
        Assert.Equal([SessionUse.First, SessionUse.Existing, SessionUse.Existing], verdicts.Select(verdict => verdict.Session));
        Assert.Single(verdicts.Select(verdict => verdict.PodSlot).Distinct());
    }

    [Theory]
    [Trait("Defect", "D3")]
    [Trait("Defect", "A-7")]
    [Trait("Defect", "D28")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AReplyFromThePodLeavesWithTheVipAsSource(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(protocol);
        uint pod = site.Forward(request).PodSlot;
        byte[] answer = site.Answer(request, pod).Build();
        Verdict verdict = site.Return(answer);
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        Assert.Equal(pod, verdict.PodSlot);
        Assert.Equal(Translation.FromVip(answer, request.To), verdict.Bytes);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ThereAndBackIsThePacketItself(IpFamily family, byte protocol)
    {
        // The pod echoes: source and destination swapped, which changes no checksum.
        using var site = new Topology(family);
        byte[] request = site.Request(protocol).Build();
        byte[] echo = Swapped(site.Forward(request).Bytes);
        Assert.Equal(Swapped(request), site.Return(echo).Bytes);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APrefixVipKeepsEveryAddressAndPortOfIt(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        foreach (int port in (int[])[1, 53, 443, 65_535])
        {
            var request = new PacketSpec(Site.Client(family), Site.Vip(family, port % 200, port), protocol);
            Verdict forward = site.Forward(new TestPacket(request.Build(), VipSlot: 2));
            Assert.Contains(forward.PodSlot, site.PrefixPods);
            Assert.Equal(Translation.ToPod(request.Build(), site.PodOf(forward.PodSlot, port)), forward.Bytes);
            byte[] answer = site.Answer(request, forward.PodSlot).Build();
            Assert.Equal(Translation.FromVip(answer, request.To), site.Return(answer).Bytes);
        }
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void TcpAndUdpOnOnePortAreServedByTheirOwnServices(IpFamily family)
    {
        using var site = new Topology(family);
        Verdict[] verdicts = site.Forward(site.Request(IpProtocol.Tcp), site.Request(IpProtocol.Udp));
        Assert.Contains(verdicts[0].PodSlot, site.TcpPods);
        Assert.Contains(verdicts[1].PodSlot, site.UdpPods);
        Assert.All(verdicts, verdict => Assert.Equal(SessionUse.First, verdict.Session));
    }

    [Theory]
    [InlineData(24)]
    [InlineData(60)]
    public void Ip4OptionsStayAndTheRestIsTranslated(int headerBytes)
    {
        using var site = new Topology(IpFamily.Ip4);
        var options = new byte[headerBytes - 20];
        options.AsSpan().Fill(1);
        PacketSpec request = site.Request(IpProtocol.Tcp) with { Ip4Options = options };
        Verdict verdict = site.Forward(request);
        Assert.Equal(Translation.ToPod(request.Build(), site.PodOf(verdict.PodSlot, 80)), verdict.Bytes);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(60)]
    public void AnAnswersIp4OptionsStayAndTheRestIsTranslatedBack(int headerBytes)
    {
        using var site = new Topology(IpFamily.Ip4);
        PacketSpec request = site.Request(IpProtocol.Tcp);
        var options = new byte[headerBytes - 20];
        options.AsSpan().Fill(1);
        PacketSpec answer = site.Answer(request, site.Forward(request).PodSlot);
        Verdict[] back = site.Path.Return(IpFamily.Ip4, 0, answer with { Ip4Options = options }, answer);
        Assert.Equal(Translation.FromVip((answer with { Ip4Options = options }).Build(), request.To), back[0].Bytes);
        Assert.Equal(Translation.FromVip(answer.Build(), request.To), back[1].Bytes);
    }

    [Fact]
    public void ATrailerBehindTheIpLengthStays()
    {
        using var site = new Topology(IpFamily.Ip4);
        byte[] packet = [.. site.Request(IpProtocol.Udp).Build(), 1, 2, 3, 4, 5];
        Verdict verdict = site.Forward(packet);
        Assert.Equal(Translation.ToPod(packet, site.PodOf(verdict.PodSlot, 80)), verdict.Bytes);
    }

    [Theory]
    [Trait("Defect", "D1")]
    [Trait("Defect", "A-1")]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AnyAddressPortAndPayloadIsTranslatedAsByTheNaiveTranslator(IpFamily family)
    {
        int addressBytes = family == IpFamily.Ip4 ? 4 : 16;
        Gen<IPAddress> addresses = Gen.Byte.Array[addressBytes].Select(bytes => new IPAddress(bytes));
        Gen<IPEndPoint> ends = Gen.Select(addresses, Gen.Int[1, 65_535], (address, port) => new IPEndPoint(address, port));
        Gen<IPEndPoint> clients = ends.Where(IsOneHost);
        Gen.Select(clients, ends, ends, Gen.Bool, Gen.Int[0, 300], Gen.Int[1, 100_000]).Sample(
            (client, vip, pod, isTcp, payload, seed) =>
            {
                byte protocol = isTcp ? IpProtocol.Tcp : IpProtocol.Udp;
                using var path = new DataPathFixture();
                path.SetService(1, protocol, vip.Port, 1, path.AddPod(1, pod));
                byte[] request = new PacketSpec(client, vip, protocol) { PayloadBytes = payload, Seed = seed }.Build();
                Assert.Equal(Translation.ToPod(request, pod), path.Forward(family, request).Bytes);
                byte[] answer = new PacketSpec(pod, client, protocol) { PayloadBytes = payload, Seed = seed + 1 }.Build();
                Assert.Equal(Translation.FromVip(answer, vip), path.Return(family, answer).Bytes);
            },
            iter: 300);
    }

    private static bool IsOneHost(IPEndPoint end)
    {
        byte[] address = end.Address.GetAddressBytes();
        return address.Length == 4
            ? address[0] is not (0 or 127 or (>= 224 and < 240) or 255)
            : !end.Address.IsIPv6Multicast && !end.Address.IsIPv6LinkLocal;
    }

    private static byte[] Swapped(byte[] packet)
    {
        byte[] swapped = [.. packet];
        (int start, int length, int l4) = packet[0] >> 4 == 4 ? (12, 4, 20) : (8, 16, 40);
        packet.AsSpan(start, length).CopyTo(swapped.AsSpan(start + length));
        packet.AsSpan(start + length, length).CopyTo(swapped.AsSpan(start));
        packet.AsSpan(l4, 2).CopyTo(swapped.AsSpan(l4 + 2));
        packet.AsSpan(l4 + 2, 2).CopyTo(swapped.AsSpan(l4));

        // The CRC of SCTP, unlike a sum, depends on the order of what it covers.
        byte protocol = packet[l4 == 20 ? 9 : 6];
        if (protocol == IpProtocol.Sctp) PacketChecksums.Write(swapped, l4, protocol);
        return swapped;
    }
}
