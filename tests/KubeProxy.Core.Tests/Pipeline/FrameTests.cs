using CsCheck;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Whole frames: the verdict on a packet depends on nothing but the packets before it.</summary>
public sealed class FrameTests
{
    private static readonly DataPathOptions Tiny = new() { BucketCount = 16, ReturnBucketCount = 32, UdpTimeoutSeconds = 60 };
    private static readonly DataPathOptions Roomy = Tiny with { BucketCount = 512, ReturnBucketCount = 512 };

    private static readonly Gen<int[]> Frames = Gen.OneOf(
        Gen.Int[0, 9999].Array[1, 256], Gen.Int[1, 8].SelectMany(length => Gen.Int[0, 9999].Array[length]), Gen.Int[0, 9999].Array[255, 256]);

    [Theory]
    [Trait("Check", "MAL-18")]
    [Trait("Check", "P6")]
    [Trait("Check", "P8")]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AFrameOfManyIsManyFramesOfOneAndEveryPacketIsCountedOnce(IpFamily family)
    {
        Gen.Select(Frames, Frames).Sample(
            (warmUp, numbers) =>
            {
                using Topology together = Prepare(family, warmUp, Roomy);
                using Topology oneByOne = Prepare(family, warmUp, Roomy);
                Counters before = Counters.Of(together.Path);
                TestPacket[] packets = [.. numbers.Select(number => Make(together, number))];
                Verdict[] expected = [.. packets.Select(oneByOne.Forward)];
                Verdict[] verdicts = together.Forward(packets);
                AssertSame(expected, verdicts);
                Assert.Equal(Counters.Of(oneByOne.Path).All(), Counters.Of(together.Path).All());
                AssertCountedOnce(before, Counters.Of(together.Path), verdicts);

                TestPacket[] answers = [.. verdicts.Where(verdict => verdict.Outcome == Outcome.Translated).Select(Swap), .. packets];
                expected = [.. answers.Select(oneByOne.Return)];
                AssertSame(expected, together.Path.Return(family, 0, answers));
                together.Path.Audit();
                oneByOne.Path.Audit();
            },
            iter: 40,
            threads: 2);
    }

    [Theory]
    [Trait("Check", "P6")]
    [Trait("Check", "P8")]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void WhenTheTableIsFullAFrameDiffersFromManyInNothingButWhoIsRemembered(IpFamily family)
    {
        // In a frame, sessions that are over make room before the first new flow looks for it. A packet of a VIP that is
        // gone (kind 7) is left out: whether it is served hangs on whether its flow is remembered.
        Gen.Select(Frames, Frames).Sample(
            (warmUp, numbers) =>
            {
                using Topology together = Prepare(family, warmUp, Tiny);
                using Topology oneByOne = Prepare(family, warmUp, Tiny);
                Counters before = Counters.Of(together.Path);
                TestPacket[] packets = [.. numbers.Where(number => number % 10 != 7).Select(number => Make(together, number))];
                Verdict[] expected = [.. packets.Select(oneByOne.Forward)];
                Verdict[] verdicts = together.Forward(packets);
                AssertSame([.. expected.Select(Unremembered)], [.. verdicts.Select(Unremembered)]);
                AssertCountedOnce(before, Counters.Of(together.Path), verdicts);
                together.Path.Audit();
                oneByOne.Path.Audit();
            },
            iter: 40,
            threads: 2);
    }

    [Theory]
    [Trait("Check", "P5")]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void NothingInFrontOfAPacketIsReadOrWritten(IpFamily family)
    {
        // Everywhere else packets end at forbidden memory; here they start there.
        using Topology site = Prepare(family, [.. Enumerable.Range(0, 256)], Tiny);
        site.Path.Arena.PlacesAtStart = true;
        TestPacket[] packets = [.. Enumerable.Range(0, 256).Select(number => Make(site, number))];
        Verdict[] verdicts = site.Forward(packets);
        Assert.Equal(256, verdicts.Length);
        _ = site.Path.Return(family, 0, [.. verdicts.Select(Swap)]);
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void PodCountersHoldPacketsAndIpBytes(IpFamily family)
    {
        using var site = new Topology(family);
        PacketSpec request = site.Request(IpProtocol.Udp) with { PayloadBytes = 100 };
        Verdict[] verdicts = site.Forward(request, request with { PayloadBytes = 11 }, request with { PayloadBytes = 0 });
        int headers = (family == IpFamily.Ip4 ? 20 : 40) + 8;
        Counters counters = Counters.Of(site.Path);
        Assert.Equal(3ul, counters.PodPackets(verdicts[0].PodSlot));
        Assert.Equal((ulong)((3 * headers) + 111), counters.PodBytes(verdicts[0].PodSlot));
        Assert.Equal((1ul, 2ul), (counters.First(Topology.UdpService), counters.Existing(Topology.UdpService)));
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void PacketsOfServicesInTurnAreCountedForTheirOwnService(IpFamily family)
    {
        using var site = new Topology(family);
        TestPacket tcp = site.Request(IpProtocol.Tcp);
        TestPacket udp = site.Request(IpProtocol.Udp);
        _ = site.Forward(tcp, udp);
        _ = site.Forward(tcp, udp, udp, tcp, tcp, tcp, udp, tcp);
        Counters counters = Counters.Of(site.Path);
        Assert.Equal(5ul, counters.Existing(Topology.TcpService));
        Assert.Equal(3ul, counters.Existing(Topology.UdpService));
        Assert.Equal(10ul, counters.TranslatedTotal);
    }

    [Fact]
    public void AnEmptyFrameIsNoFrame()
    {
        using var site = new Topology(IpFamily.Ip4);
        Assert.Empty(site.Forward([]));
        Assert.Empty(site.Path.Return(IpFamily.Ip4, 0));
    }

    private static Verdict Unremembered(Verdict verdict) =>
        verdict with { Session = verdict.Outcome == Outcome.Translated ? SessionUse.Untracked : SessionUse.None };

    /// <summary>A site with a history: sessions of all ages, a pod removed, a pod dead.</summary>
    private static Topology Prepare(IpFamily family, int[] warmUp, DataPathOptions options)
    {
        var site = new Topology(family, options);
        _ = site.Forward([.. warmUp.Take(warmUp.Length / 2).Select(number => Make(site, number))]);
        site.Path.Pass(50);
        _ = site.Forward([.. warmUp.Skip(warmUp.Length / 2).Select(number => Make(site, number))]);
        unsafe
        {
            site.Path.Worker()->Context.Clock.Advance(site.Path.Options.StartSeconds + 65);
        }

        site.Path.SetState(site.TcpPods[0], PodState.Removed);
        site.Path.SetState(site.UdpPods[1], PodState.Removed);
        site.Path.SetState(site.TcpPods[2], PodState.Dead);
        site.Path.SetService(1, IpProtocol.Tcp, 80, Topology.TcpService, site.TcpPods[1], site.TcpPods[3]);
        site.Path.SetService(1, IpProtocol.Udp, 80, Topology.UdpService, site.UdpPods[0], site.UdpPods[2], site.UdpPods[3]);
        return site;
    }

    /// <summary>A packet for a number: the last digit says what kind, the rest which flow.</summary>
    private static TestPacket Make(Topology site, int number)
    {
        int port = 1000 + (number / 10 % 120);
        bool isIp4 = site.Family == IpFamily.Ip4;
        PacketSpec tcp = site.Request(IpProtocol.Tcp, port);
        PacketSpec udp = site.Request(IpProtocol.Udp, port);
        return (number % 10) switch
        {
            0 => tcp with { TcpFlags = PacketSpec.Syn },
            1 => tcp,
            2 => Other(site, port, number),
            3 or 4 => udp,
            5 => new TestPacket((udp with { To = Site.Vip(site.Family, 2, port) }).Build(), VipSlot: 2),
            6 => site.Request(IpProtocol.Udp, port, vipPort: 80 + (number % 3)),
            7 => new TestPacket(tcp.Build(), VipSlot: 9),
            8 => udp.Build()[..(isIp4 ? 20 + (port % 8) : 40 + (port % 8))],
            _ => isIp4 ? udp with { Fragment = 0x2000 } : udp with { HasNoUdpChecksum = true },
        };
    }

    /// <summary>SCTP, or a protocol without ports of one of a few clients.</summary>
    private static TestPacket Other(Topology site, int port, int number)
    {
        if (number % 20 == 2) return site.Request(IpProtocol.Sctp, port);
        byte protocol = (byte)(port % 2 == 0 ? 47 : IpProtocol.UdpLite);
        var request = new PacketSpec(Site.Client(site.Family, 1 + (port % 40)), Site.Vip(site.Family, 2, port), protocol);
        return new TestPacket(request.Build(), VipSlot: 2);
    }

    private static TestPacket Swap(Verdict verdict)
    {
        byte[] packet = [.. verdict.Bytes];
        (int start, int length, int l4) = packet[0] >> 4 == 4 ? (12, 4, 20) : (8, 16, 40);
        if (packet.Length < l4 + 4) return packet;
        verdict.Bytes.AsSpan(start, length).CopyTo(packet.AsSpan(start + length));
        verdict.Bytes.AsSpan(start + length, length).CopyTo(packet.AsSpan(start));
        verdict.Bytes.AsSpan(l4, 2).CopyTo(packet.AsSpan(l4 + 2));
        verdict.Bytes.AsSpan(l4 + 2, 2).CopyTo(packet.AsSpan(l4));
        return packet;
    }

    private static void AssertSame(Verdict[] expected, Verdict[] verdicts)
    {
        Assert.Equal(expected.Length, verdicts.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i] with { Bytes = verdicts[i].Bytes }, verdicts[i]);
            Assert.Equal(expected[i].Bytes, verdicts[i].Bytes);
        }
    }

    private static void AssertCountedOnce(Counters before, Counters after, Verdict[] verdicts)
    {
        var translated = (ulong)verdicts.Count(verdict => verdict.Outcome == Outcome.Translated);
        Assert.Equal(translated, after.TranslatedTotal - before.TranslatedTotal);
        Assert.Equal(translated, after.PodPacketsTotal - before.PodPacketsTotal);
        Assert.Equal((ulong)verdicts.Count(verdict => verdict.Outcome == Outcome.NoPod), after.NoPodTotal - before.NoPodTotal);
        Assert.All(verdicts, verdict => Assert.Equal(verdict.Outcome == Outcome.Translated, verdict.Session != SessionUse.None));
    }
}
