using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Packets that cannot be translated: dropped with their reason going there, passed on coming back, never touched.</summary>
public sealed class RefusalTests
{
    [Theory]
    [Trait("Defect", "A-5")]
    [Trait("Check", "MAL-09")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APacketThatEndsBeforeItsL4HeaderDoesIsTruncated(IpFamily family, byte protocol)
    {
        // The buffer ends there and the next byte may not be read; the IP header promises more (ip6-input lets that pass).
        using var site = new Topology(family);
        byte[] whole = site.Request(protocol).Build();
        int needed = (family == IpFamily.Ip4 ? 20 : 40) + PacketSpec.L4BytesOf(protocol);
        for (int length = 0; length < needed; length++) AssertRefused(site, whole[..length], Outcome.Truncated);
        Assert.Equal(Outcome.Translated, site.Forward(TestPacket.Beginning(whole, needed)).Outcome);
    }

    [Theory]
    [Trait("Defect", "A-5")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APacketWhoseIpLengthEndsBeforeItsL4HeaderDoesIsTruncated(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        int needed = (family == IpFamily.Ip4 ? 20 : 40) + PacketSpec.L4BytesOf(protocol);
        for (int length = family == IpFamily.Ip4 ? 0 : 40; length < needed; length++)
        {
            byte[] packet = site.Request(protocol).Build();
            if (family == IpFamily.Ip4) BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)length);
            else BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(length - 40));
            AssertRefused(site, packet, Outcome.Truncated);
        }
    }

    [Fact]
    public void AnIp4HeaderShorterThanAHeaderIsTruncated()
    {
        using var site = new Topology(IpFamily.Ip4);
        for (byte words = 0; words < 5; words++)
        {
            foreach (byte protocol in (byte[])[IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Icmp, 47])
            {
                byte[] packet = site.Request(IpProtocol.Tcp).Build();
                packet[0] = (byte)(0x40 | words);
                packet[9] = protocol;
                AssertRefused(site, packet, Outcome.Truncated);
            }
        }
    }

    [Fact]
    public void Ip4OptionsThatReachBeyondTheBufferAreTruncated()
    {
        using var site = new Topology(IpFamily.Ip4);
        byte[] packet = site.Request(IpProtocol.Udp).Build();
        packet[0] = 0x4F;
        AssertRefused(site, packet, Outcome.Truncated);
    }

    [Theory]
    [InlineData(0x2000)]
    [InlineData(0x2001)]
    [InlineData(0x0001)]
    [InlineData(0x00B9)]
    [InlineData(0x1FFF)]
    public void AnIp4FragmentIsDroppedTheFirstIncluded(ushort fragment)
    {
        using var site = new Topology(IpFamily.Ip4);
        AssertRefused(site, (site.Request(IpProtocol.Udp) with { Fragment = fragment }).Build(), Outcome.Fragment);
        AssertRefused(site, (site.Request(IpProtocol.Tcp) with { Fragment = fragment }).Build(), Outcome.Fragment);
        AssertRefused(site, (site.Request(IpProtocol.Udp) with { Fragment = fragment }).Build()[..22], Outcome.Fragment);
    }

    [Fact]
    public void DontFragmentIsNoFragment()
    {
        using var site = new Topology(IpFamily.Ip4);
        Assert.Equal(Outcome.Translated, site.Forward(site.Request(IpProtocol.Udp) with { Fragment = 0x4000 }).Outcome);
    }

    [Theory]
    [Trait("Defect", "D6")]
    [Trait("Defect", "A-4")]
    [Trait("Check", "MAL-13")]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void EveryOtherProtocolIsDroppedForItsOwnReason(IpFamily family)
    {
        using var site = new Topology(family);
        site.Path.SetService(3, IpProtocol.Udp, 80, Topology.UdpService, site.UdpPods);
        for (int protocol = 0; protocol <= 255; protocol++)
        {
            if (protocol is IpProtocol.Tcp or IpProtocol.Udp) continue;
            byte[] packet = site.Request(IpProtocol.Udp).Build();
            packet[family == IpFamily.Ip4 ? 9 : 6] = (byte)protocol;
            if (family == IpFamily.Ip6 && protocol == IpProtocol.Ip6Fragment) packet[40] = IpProtocol.Udp;
            AssertRefused(site, packet, ReasonFor(family, protocol), vipSlot: 3);
        }
    }

    [Theory]
    [InlineData(51)]
    [InlineData(135)]
    public void AnIp6ExtensionHeaderIsDropped(int header)
    {
        using var site = new Topology(IpFamily.Ip6);
        AssertRefused(site, (site.Request(IpProtocol.Tcp) with { ExtensionHeader = header }).Build(), Outcome.ExtensionHeader);
    }

    [Fact]
    public void AnIp6UdpPacketWithoutChecksumIsDropped()
    {
        using var site = new Topology(IpFamily.Ip6);
        AssertRefused(site, (site.Request(IpProtocol.Udp) with { HasNoUdpChecksum = true }).Build(), Outcome.ZeroUdpChecksum);
    }

    [Theory]
    [Trait("Defect", "D2")]
    [Trait("Defect", "A-3")]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void AnUnknownPortIsNotTranslated(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        AssertRefused(site, site.Request(protocol, vipPort: 79).Build(), Outcome.UnknownPort);
        AssertRefused(site, site.Request(protocol, vipPort: 0).Build(), Outcome.UnknownPort);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APacketOfAVipThatWasRemovedIsDropped(IpFamily family, byte protocol)
    {
        using var site = new Topology(family);
        byte[] packet = site.Request(protocol).Build();
        site.Path.RemoveVip(1);
        AssertRefused(site, packet, Outcome.NoVip);
        AssertRefused(site, packet, Outcome.NoVip, vipSlot: 255);
        AssertRefused(site, packet, Outcome.NoVip, vipSlot: 256);
        AssertRefused(site, packet, Outcome.NoVip, vipSlot: uint.MaxValue);
    }

    [Theory]
    [Trait("Defect", "D5")]
    [Trait("Defect", "A-10")]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void AServiceWithoutPodsCountsAndRemembersNothing(IpFamily family)
    {
        using var site = new Topology(family);
        for (int i = 1; i <= 3; i++) AssertRefused(site, site.Request(IpProtocol.Udp, vipPort: 81).Build(), Outcome.NoPod);
        Assert.Equal(3ul, Counters.Of(site.Path).NoPod(Topology.EmptyService));

        // A pod comes: the very next packet is served.
        uint pod = site.Path.AddPod(Topology.EmptyService, Site.Pod(family, 1, 9090));
        site.Path.SetService(1, IpProtocol.Udp, 81, Topology.EmptyService, pod);
        Assert.Equal(pod, site.Forward(site.Request(IpProtocol.Udp, vipPort: 81)).PodSlot);
    }

    private static Outcome ReasonFor(IpFamily family, int protocol) => (family, protocol) switch
    {
        (IpFamily.Ip4, 1) or (IpFamily.Ip6, 58) => Outcome.IcmpNotSupported,
        (IpFamily.Ip6, 44) => Outcome.Fragment,
        (IpFamily.Ip6, 0 or 43 or 51 or 60 or 135 or 139 or 140) => Outcome.ExtensionHeader,
        _ => Outcome.ProtocolNotSupported,
    };

    /// <summary>Dropped for its reason going there, passed on coming back; the bytes stay and nothing is remembered.</summary>
    private static unsafe void AssertRefused(Topology site, byte[] packet, Outcome reason, uint vipSlot = 1)
    {
        Worker* worker = site.Path.Worker();
        uint sessions = worker->Sessions4.LiveCount + worker->Sessions6.LiveCount;
        Verdict forward = site.Forward(new TestPacket(packet, vipSlot));
        Assert.Equal(reason, forward.Outcome);
        Assert.Equal(SessionUse.None, forward.Session);
        Assert.Equal(0ul, forward.Target);
        Assert.Equal(packet, forward.Bytes);
        Assert.Equal(sessions, worker->Sessions4.LiveCount + worker->Sessions6.LiveCount);

        Verdict back = site.Return(packet);
        Assert.NotEqual(Outcome.Translated, back.Outcome);
        Assert.Equal(packet, back.Bytes);
    }
}
