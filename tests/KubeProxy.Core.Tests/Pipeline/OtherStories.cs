using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Protocols without ports, to a VIP that takes everything: balanced by addresses, payload untouched.</summary>
public sealed unsafe class OtherStories
{
    [Theory]
    [Trait("Check", "MAL-13")]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void EveryProtocolIsBalancedBothWaysAndCounted(IpFamily family)
    {
        using var scene = new OtherScene(family, new DataPathOptions { BucketCount = 512, ReturnBucketCount = 512 });
        byte[] protocols = [.. OtherScene.Protocols(family)];
        foreach (byte protocol in protocols)
        {
            PacketSpec request = scene.Request(protocol);
            Verdict first = scene.Send(request);
            Assert.Equal(SessionUse.First, first.Session);
            AssertPayload(family, request.Build(), first.Bytes, protocol);
            scene.AssertAnswers(scene.Answer(protocol, first.PodSlot), request);
            Assert.Equal((SessionUse.Existing, first.PodSlot), (scene.Send(request with { Seed = 9 }).Session, first.PodSlot));
        }

        Counters counters = Counters.Of(scene.Path);
        Assert.Equal(((ulong)protocols.Length, (ulong)protocols.Length), (counters.First(Topology.PrefixService), counters.Existing(Topology.PrefixService)));
        Assert.Equal(2 * (ulong)protocols.Length, counters.PodPacketsTotal);
    }

    /// <summary>The numbers of IPv6's extension headers are protocols like others over IPv4, AH (51) among them.</summary>
    [Theory]
    [Trait("Check", "MAL-08")]
    [InlineData(0x2000)]
    [InlineData(0x2003)]
    [InlineData(0x0003)]
    public void OverIp4FragmentsOfEveryProtocolWithoutPortsGoTheWayOfWholePackets(int fragment)
    {
        using var scene = new OtherScene(IpFamily.Ip4, new DataPathOptions { BucketCount = 512, ReturnBucketCount = 512 });
        foreach (byte protocol in OtherScene.Protocols(IpFamily.Ip4).Except([IpProtocol.Icmp, IpProtocol.UdpLite, IpProtocol.Dccp]))
        {
            Verdict whole = scene.Send(scene.Request(protocol));
            Assert.Equal(whole.PodSlot, scene.Send(scene.Request(protocol) with { Fragment = (ushort)fragment }).PodSlot);
        }
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AFlowIsItsAddressesAndProtocolAndClientsSpread(IpFamily family)
    {
        using var scene = new OtherScene(family, new DataPathOptions { BucketCount = 512, ReturnBucketCount = 512 });
        var pods = new HashSet<uint>();
        for (int client = 1; client <= 60; client++)
        {
            Verdict first = scene.Send(scene.Request(OtherScene.Gre, client));
            Assert.Equal(SessionUse.Existing, scene.Send(scene.Request(OtherScene.Gre, client) with { Seed = 500 }).Session);
            Assert.Equal(SessionUse.First, scene.Send(scene.Request(OtherScene.Esp, client)).Session);
            pods.Add(first.PodSlot);
        }

        Assert.Equivalent(scene.Site.PrefixPods, pods, strict: true);
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AnAnswerOnAnotherWorkerIsTranslatedAndKeepsTheSessionUntilItsTimeHasPassed(IpFamily family)
    {
        using var scene = new OtherScene(family, new DataPathOptions { WorkerCount = 2 });
        PacketSpec request = scene.Request(OtherScene.Esp);
        uint pod = scene.Send(request).PodSlot;
        for (int round = 0; round < 3; round++)
        {
            scene.Path.Pass(60);
            scene.AssertAnswers(scene.Answer(OtherScene.Esp, pod), request, worker: 1);
        }

        Assert.Equal(SessionUse.Existing, scene.Send(request).Session);
        scene.Path.Pass(scene.Path.Options.OtherTimeoutSeconds + 1);
        scene.AssertPasses(scene.Answer(OtherScene.Esp, pod).Build());
        Assert.Equal(SessionUse.First, scene.Send(request).Session);
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AFlowOfARemovedPodMovesWithItsNextPacket(IpFamily family)
    {
        using var scene = new OtherScene(family);
        PacketSpec request = scene.Request(OtherScene.Gre);
        uint pod = scene.Send(request).PodSlot;
        scene.Path.SetState(pod, PodState.Removed);
        scene.Path.SetService(OtherScene.VipSlot, IpProtocol.Any, 0, Topology.PrefixService, [.. scene.Site.PrefixPods.Where(other => other != pod)]);
        Verdict next = scene.Send(request);
        Assert.Equal(SessionUse.First, next.Session);
        Assert.NotEqual(pod, next.PodSlot);
    }

    /// <summary>A service of one protocol, with or without a port, is not for another one.</summary>
    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void WithoutAServiceOfEverythingNothingIsServed(IpFamily family)
    {
        using var scene = new OtherScene(family);
        byte[] gre = scene.Request(OtherScene.Gre).Build();
        scene.Path.SetService(3, IpProtocol.Udp, 0, Topology.UdpService, scene.Site.PrefixPods);
        scene.Path.SetService(3, IpProtocol.Sctp, 0, Topology.UdpService, scene.Site.PrefixPods);
        scene.AssertRefused(gre, Outcome.ProtocolNotSupported, vipSlot: 3);
        scene.AssertRefused(gre, Outcome.NoVip, vipSlot: 9);
        scene.Path.SetService(OtherScene.VipSlot, IpProtocol.Any, 0, Topology.PrefixService);
        scene.AssertRefused(gre, Outcome.NoPod);
        Assert.Equal(1ul, Counters.Of(scene.Path).NoPod(Topology.PrefixService));
    }

    /// <summary>There is no port that could keep two clients of a masqueraded service, or a pod and itself, apart.</summary>
    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void WhatNeedsAnotherSourceIsRefused(IpFamily family)
    {
        using var scene = new OtherScene(family);
        PacketSpec request = scene.Request(OtherScene.Gre);
        uint only = scene.Site.PrefixPods[0];
        scene.Path.SetService(OtherScene.VipSlot, IpProtocol.Any, 0, Topology.PrefixService, only);
        byte[] hairpin = (request with { From = scene.AddressOf(only) }).Build();
        scene.AssertRefused(hairpin, Outcome.NoSourcePort);
        scene.Path.Shared->Pods[only].MasqueradeIndex = 1;
        scene.Path.Plan.Set(OtherScene.VipSlot, IpProtocol.Any, 0, new ServicePlan.Entry(Topology.PrefixService, [only]) { MasqueradeIndex = 1 });
        scene.AssertRefused(request.Build(), Outcome.NoSourcePort);
        Assert.Equal(0u, scene.Path.Worker()->Sessions4.LiveCount + scene.Path.Worker()->Sessions6.LiveCount);
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void NoMoreOfAPacketThanItsHeaderNeedBeThere(IpFamily family)
    {
        using var scene = new OtherScene(family);
        int ipBytes = family == IpFamily.Ip4 ? 20 : 40;
        AssertTranslatesItsFirst(scene, OtherScene.Gre, ipBytes);
        foreach (byte protocol in (byte[])[IpProtocol.UdpLite, IpProtocol.Dccp])
        {
            byte[] whole = scene.Request(protocol).Build();
            for (int length = ipBytes; length < ipBytes + 8; length++) scene.AssertRefused(whole[..length], Outcome.Truncated);
            AssertTranslatesItsFirst(scene, protocol, ipBytes + 8);
        }
    }

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AWrongChecksumStaysWrongByTheSameAmountAndAUdpLiteOneOfZeroStaysZero(IpFamily family)
    {
        using var scene = new OtherScene(family);
        int offset = (family == IpFamily.Ip4 ? 20 : 40) + 6;
        foreach (byte protocol in (byte[])[IpProtocol.UdpLite, IpProtocol.Dccp])
        {
            byte[] packet = scene.Request(protocol).Build();
            byte[] right = scene.Send(scene.Request(protocol)).Bytes;
            packet[offset] ^= 0x01;
            byte[] wrong = scene.Site.Forward(new TestPacket(packet, OtherScene.VipSlot)).Bytes;
            int sent = Difference(packet, scene.Request(protocol).Build(), offset);
            Assert.Equal(0, (Difference(wrong, right, offset) - sent) % 0xFFFF);
        }

        byte[] zero = scene.Request(IpProtocol.UdpLite).Build();
        zero.AsSpan(offset, 2).Clear();
        Assert.Equal(0, Read(scene.Site.Forward(new TestPacket(zero, OtherScene.VipSlot)).Bytes, offset));
    }

    private static int Difference(byte[] left, byte[] right, int offset) => Read(left, offset) - Read(right, offset);

    private static int Read(byte[] packet, int offset) => (packet[offset] << 8) | packet[offset + 1];

    /// <summary>The rest lies in another buffer: the IP header promises it, and the memory behind may not be read.</summary>
    private static void AssertTranslatesItsFirst(OtherScene scene, byte protocol, int length)
    {
        byte[] whole = (scene.Request(protocol) with { PayloadBytes = 1400 }).Build();
        Verdict verdict = scene.Site.Forward(TestPacket.Beginning(whole, length) with { VipSlot = OtherScene.VipSlot });
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        Assert.Equal(Translation.ToPod(whole, scene.AddressOf(verdict.PodSlot))[..length], verdict.Bytes);
    }

    /// <summary>Behind the IP header nothing changes but the checksums that the addresses are part of.</summary>
    private static void AssertPayload(IpFamily family, byte[] before, byte[] after, byte protocol)
    {
        int l4 = family == IpFamily.Ip4 ? 20 : 40;
        bool isIcmp6 = protocol == IpProtocol.Icmp6 && family == IpFamily.Ip6;
        int checksum = protocol is IpProtocol.UdpLite or IpProtocol.Dccp ? l4 + 6 : isIcmp6 ? l4 + 2 : before.Length;
        Assert.Equal(before[l4..checksum], after[l4..checksum]);
        if (checksum != before.Length) Assert.Equal(before[(checksum + 2)..], after[(checksum + 2)..]);
    }
}
