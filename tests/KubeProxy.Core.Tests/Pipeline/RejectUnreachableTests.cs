using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>UDP datagrams to a port that nobody serves are answered by "port unreachable" (RFC 1122 section 3.2.2.1, RFC 4443 section 3.1).</summary>
public sealed class RejectUnreachableTests
{
    public static TheoryData<IpFamily> Families => [IpFamily.Ip4, IpFamily.Ip6];

    [Theory]
    [MemberData(nameof(Families))]
    public void AShortDatagramIsQuotedInFull(IpFamily family)
    {
        for (int payload = 0; payload < 64; payload++) AssertUnreachable(family, Datagram(family, payload));
    }

    [Theory]
    [InlineData(IpFamily.Ip4, 576)]
    [InlineData(IpFamily.Ip6, 1280)]
    public void AsMuchIsQuotedAsFitsTheLimitOfTheFamily(IpFamily family, int limit)
    {
        int headers = family == IpFamily.Ip4 ? 20 + 8 + 20 + 8 : 40 + 8 + 40 + 8;
        for (int payload = limit - headers - 3; payload < limit - headers + 4; payload++)
            Assert.Equal(Math.Min(limit, headers + payload), AssertUnreachable(family, Datagram(family, payload)).Length);
        Assert.Equal(limit, AssertUnreachable(family, Datagram(family, 1400)).Length);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ATrailerOfTheLinkIsNotQuoted(IpFamily family)
    {
        PacketSpec datagram = Datagram(family, 3);
        using var scene = new RejectScene(family);
        byte[] packet = datagram.Build();
        Refusal refusal = scene.Refuse([.. packet, .. new byte[15]]);
        Assert.Equal(ExpectedAnswer.Unreachable(datagram, packet, packet.Length, identification: 2), refusal.Bytes);
    }

    [Fact]
    public void Ip4OptionsAreQuoted() =>
        AssertUnreachable(IpFamily.Ip4, Datagram(IpFamily.Ip4, 40) with { Ip4Options = [7, 7, 4, 0, 0, 0, 0, 0] });

    [Fact]
    public void ADatagramWithoutChecksumIsAnsweredOverIp4() =>
        AssertUnreachable(IpFamily.Ip4, Datagram(IpFamily.Ip4, 11) with { HasNoUdpChecksum = true });

    [Fact]
    public void ADatagramWithoutChecksumIsNotAnsweredOverIp6()
    {
        using var scene = new RejectScene(IpFamily.Ip6);
        Assert.Equal(Rejection.NotAnswerable, scene.Refuse((Datagram(IpFamily.Ip6, 11) with { HasNoUdpChecksum = true }).Build()).Rejection);
    }

    [Fact]
    public void DontFragmentOfTheDatagramIsQuotedAndNotTakenOver() =>
        AssertUnreachable(IpFamily.Ip4, Datagram(IpFamily.Ip4, 40) with { Fragment = 0x4000 });

    [Fact]
    public void Ip4AnswersThatMayBeFragmentedAreNumbered()
    {
        using var scene = new RejectScene(IpFamily.Ip4);
        PacketSpec datagram = Datagram(IpFamily.Ip4, 5);
        byte[] packet = datagram.Build();
        for (ushort number = 2; number < 10; number++)
            Assert.Equal(ExpectedAnswer.Unreachable(datagram, packet, packet.Length, number), scene.Refuse(packet).Bytes);
    }

    [Theory]
    [InlineData(IpFamily.Ip4, 28)]
    [InlineData(IpFamily.Ip6, 48)]
    public void WithoutRoomInFrontThereIsNoAnswer(IpFamily family, uint needed)
    {
        using var tight = new RejectScene(family) { HeadroomBytes = needed };
        Assert.Equal(Rejection.PortUnreachable, tight.Refuse(Datagram(family, 9).Build()).Rejection);
        using var tooTight = new RejectScene(family) { HeadroomBytes = needed - 1 };
        Assert.Equal(Rejection.NotAnswerable, tooTight.Refuse(Datagram(family, 9).Build()).Rejection);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void OfADatagramInPiecesTheFirstIsQuoted(IpFamily family)
    {
        using var scene = new RejectScene(family) { IsChained = true };
        PacketSpec datagram = Datagram(family, 5000);
        byte[] first = datagram.Build()[..300];
        Assert.Equal(ExpectedAnswer.Unreachable(datagram, first, first.Length, identification: 2), scene.Refuse(first).Bytes);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ALengthThatDoesNotFitTheDatagramIsNotAnswered(IpFamily family)
    {
        using var scene = new RejectScene(family);
        int l4 = family == IpFamily.Ip4 ? 20 : 40;
        foreach (ushort length in (ushort[])[0, 7, 22, 0xFFFF])
        {
            byte[] packet = Datagram(family, 13).Build();
            (packet[l4 + 4], packet[l4 + 5]) = ((byte)(length >> 8), (byte)length);
            Assert.Equal(Rejection.NotAnswerable, scene.Refuse(packet).Rejection);
        }
    }

    private static byte[] AssertUnreachable(IpFamily family, PacketSpec datagram)
    {
        using var scene = new RejectScene(family);
        byte[] packet = datagram.Build();
        Refusal refusal = scene.Refuse(packet);
        Assert.Equal(Rejection.PortUnreachable, refusal.Rejection);
        int quoted = family == IpFamily.Ip4 ? Math.Min(packet.Length, 576 - 28) : Math.Min(packet.Length, 1280 - 48);
        Assert.Equal(ExpectedAnswer.Unreachable(datagram, packet, quoted, identification: 2), refusal.Bytes);
        return refusal.Bytes;
    }

    private static PacketSpec Datagram(IpFamily family, int payloadBytes) =>
        new(Site.Client(family), Site.Vip(family, 1, 79), IpProtocol.Udp) { PayloadBytes = payloadBytes, Seed = 55 };
}
