using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>SCTP where it differs from UDP: its checksum, and what a VIP without it says.</summary>
public sealed class SctpStories
{
    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void OnlyTheCommonHeaderNeedBeThere(IpFamily family)
    {
        // The rest lies in another buffer; the IP header promises it, and the memory behind may not be read.
        using var site = new Topology(family);
        int length = (family == IpFamily.Ip4 ? 20 : 40) + 12;
        foreach (int payload in (int[])[0, 1, 1400, 9000, 60_000])
        {
            PacketSpec request = site.Request(IpProtocol.Sctp) with { PayloadBytes = payload };
            byte[] whole = request.Build();
            Verdict verdict = site.Forward(TestPacket.Beginning(whole, length));
            Assert.Equal(Translation.ToPod(whole, site.PodOf(verdict.PodSlot, 80))[..length], verdict.Bytes);
            byte[] answer = (site.Answer(request, verdict.PodSlot) with { PayloadBytes = payload }).Build();
            Assert.Equal(Translation.FromVip(answer, request.To)[..length], site.Return(answer[..length]).Bytes);
        }
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AWrongChecksumStaysWrongByTheSameBitsBothWays(IpFamily family)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(IpProtocol.Sctp);
        uint pod = site.Forward(request).PodSlot;
        int offset = (family == IpFamily.Ip4 ? 20 : 40) + 8;
        for (int bit = 0; bit < 32; bit++)
        {
            byte[] wrong = request.Build();
            wrong[offset + (bit / 8)] ^= (byte)(1 << (bit % 8));
            byte[] expected = Translation.ToPod(request.Build(), site.PodOf(pod, 80));
            expected[offset + (bit / 8)] ^= (byte)(1 << (bit % 8));
            Assert.Equal(expected, site.Forward(wrong).Bytes);

            byte[] wrongAnswer = site.Answer(request, pod).Build();
            byte[] expectedAnswer = Translation.FromVip(wrongAnswer, request.To);
            wrongAnswer[offset + (bit / 8)] ^= (byte)(1 << (bit % 8));
            expectedAnswer[offset + (bit / 8)] ^= (byte)(1 << (bit % 8));
            Assert.Equal(expectedAnswer, site.Return(wrongAnswer).Bytes);
        }
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void WhereThePortIsKeptNoByteBehindTheIpHeaderChanges(IpFamily family)
    {
        using var scene = new OtherScene(family);
        byte[] request = scene.Request(IpProtocol.Sctp).Build();
        int l4 = family == IpFamily.Ip4 ? 20 : 40;
        request[^1] ^= 0xFF;
        Verdict verdict = scene.Site.Forward(new TestPacket(request, OtherScene.VipSlot));
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        Assert.Equal(request[l4..], verdict.Bytes[l4..]);
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AVipWithoutSctpDoesNotSupportItAndOneWithItLacksAPort(IpFamily family)
    {
        using var scene = new OtherScene(family);
        byte[] request = scene.Site.Request(IpProtocol.Sctp, vipPort: 79).Build();
        scene.AssertRefused(request, Outcome.UnknownPort, vipSlot: 1);
        scene.Path.SetService(3, IpProtocol.Tcp, 79, Topology.TcpService, scene.Site.TcpPods);
        scene.AssertRefused(request, Outcome.ProtocolNotSupported, vipSlot: 3);
    }
}
