using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>What must not be answered: RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e), RFC 9293 section 3.9.2.</summary>
public sealed class RejectRuleTests
{
    public static TheoryData<IpFamily, string> NoHost => new()
    {
        { IpFamily.Ip4, "0.0.0.0" },
        { IpFamily.Ip4, "0.1.2.3" },
        { IpFamily.Ip4, "127.0.0.1" },
        { IpFamily.Ip4, "224.0.0.1" },
        { IpFamily.Ip4, "239.255.255.255" },
        { IpFamily.Ip4, "240.0.0.1" },
        { IpFamily.Ip4, "255.255.255.255" },
        { IpFamily.Ip6, "::" },
        { IpFamily.Ip6, "::1" },
        { IpFamily.Ip6, "ff02::1" },
        { IpFamily.Ip6, "ff0e::1234" },
    };

    [Theory]
    [MemberData(nameof(NoHost))]
    public void ASourceThatIsNoSingleHostIsNotAnswered(IpFamily family, string source) =>
        AssertNotAnswered(family, spec => spec with { From = new IPEndPoint(IPAddress.Parse(source), 4000) });

    [Theory]
    [MemberData(nameof(NoHost))]
    public void APacketToManyIsNotAnswered(IpFamily family, string destination) =>
        AssertNotAnswered(family, spec => spec with { To = new IPEndPoint(IPAddress.Parse(destination), 79) });

    [Theory]
    [InlineData(IpFamily.Ip4)]
    [InlineData(IpFamily.Ip6)]
    public void APacketFromTheAddressItGoesToIsNotAnswered(IpFamily family) => AssertNotAnswered(family, spec => spec with { From = spec.To });

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void ABroadcastOfTheLinkIsNotAnswered(IpFamily family, byte protocol)
    {
        using var scene = new RejectScene(family) { IsLinkBroadcast = true };
        AssertDropped(scene, Packet(family, protocol).Build());
    }

    [Theory]
    [InlineData(0x2000)]
    [InlineData(0x00B9)]
    [InlineData(0x3001)]
    public void AFragmentIsNotAnswered(ushort fragment) => AssertNotAnswered(IpFamily.Ip4, spec => spec with { Fragment = fragment });

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void NeitherIcmpNorAnyOtherProtocolIsAnswered(IpFamily family, byte protocol)
    {
        using var scene = new RejectScene(family);
        for (int other = 0; other <= 255; other++)
        {
            if (other is IpProtocol.Tcp or IpProtocol.Udp) continue;
            byte[] packet = Packet(family, protocol).Build();
            packet[family == IpFamily.Ip4 ? 9 : 6] = (byte)other;
            AssertDropped(scene, packet);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void ADamagedPacketIsNotAnswered(IpFamily family, byte protocol)
    {
        using var scene = new RejectScene(family);
        byte[] good = Packet(family, protocol).Build();
        for (int offset = family == IpFamily.Ip4 ? 20 : 40; offset < good.Length; offset++)
        {
            byte[] damaged = [.. good];
            damaged[offset] ^= 0x10;
            Assert.Equal(Rejection.NotAnswerable, scene.Refuse(damaged).Rejection);
        }

        Assert.NotEqual(Rejection.NotAnswerable, scene.Refuse(good).Rejection);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void AChecksumThatTheDeviceHasSettledIsNotLookedAt(IpFamily family, byte protocol)
    {
        using var scene = new RejectScene(family) { IsChecksumSettled = true };
        byte[] packet = Packet(family, protocol).Build();
        packet[^1] ^= 1;
        Assert.NotEqual(Rejection.NotAnswerable, scene.Refuse(packet).Rejection);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void APacketThatIsNotAllThereIsNotAnsweredUnlessItGoesOnElsewhere(IpFamily family, byte protocol)
    {
        using var scene = new RejectScene(family);
        using var chained = new RejectScene(family) { IsChained = true };
        byte[] packet = Packet(family, protocol).Build();
        int headers = (family == IpFamily.Ip4 ? 20 : 40) + (protocol == IpProtocol.Tcp ? 20 : 8);
        for (int length = 0; length < packet.Length; length++)
        {
            AssertDropped(scene, packet[..length]);
            Rejection inPieces = chained.Refuse(packet[..length]).Rejection;
            Assert.Equal(length < headers, inPieces == Rejection.NotAnswerable);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.Plain), MemberType = typeof(FlowKinds))]
    public void AnIpLengthThatEndsBeforeTheTransportHeaderDoesIsNotAnswered(IpFamily family, byte protocol)
    {
        using var scene = new RejectScene(family);
        int ip = family == IpFamily.Ip4 ? 20 : 40;
        for (int length = 0; length < ip + (protocol == IpProtocol.Tcp ? 20 : 8); length++)
        {
            byte[] packet = Packet(family, protocol).Build();
            int payload = Math.Max(0, length - ip);
            if (family == IpFamily.Ip4) packet[3] = (byte)length;
            else (packet[4], packet[5]) = (0, (byte)payload);
            AssertDropped(scene, packet);
        }
    }

    [Fact]
    public void AnIp4HeaderLengthThatLiesIsNotAnswered()
    {
        using var scene = new RejectScene(IpFamily.Ip4);
        for (byte words = 0; words < 16; words++)
        {
            if (words == 5) continue;
            byte[] packet = Packet(IpFamily.Ip4, IpProtocol.Tcp).Build();
            packet[0] = (byte)(0x40 | words);
            Assert.Equal(Rejection.NotAnswerable, scene.Refuse(packet).Rejection);
        }
    }

    private static PacketSpec Packet(IpFamily family, byte protocol) =>
        new(Site.Client(family), Site.Vip(family, 1, 79), protocol) { PayloadBytes = 17, Seed = 3 };

    private static void AssertNotAnswered(IpFamily family, Func<PacketSpec, PacketSpec> change)
    {
        using var scene = new RejectScene(family);
        foreach (byte protocol in (byte[])[IpProtocol.Tcp, IpProtocol.Udp]) AssertDropped(scene, change(Packet(family, protocol)).Build());
    }

    /// <summary>Dropped as not answerable, before the limit was asked.</summary>
    private static void AssertDropped(RejectScene scene, byte[] packet)
    {
        ulong taken = scene.Limit.Taken;
        Assert.Equal(Rejection.NotAnswerable, scene.Refuse(packet).Rejection);
        Assert.Equal(taken, scene.Limit.Taken);
    }
}
