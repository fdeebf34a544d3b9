using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>What this host says as a router: byte for byte, about whom, and about what it keeps silent.</summary>
public sealed unsafe class RouterErrorTests : IDisposable
{
    private const uint Mtu = 1400;
    private const uint HeadroomBytes = 64;
    private readonly PacketArena _arena = new();
    private RejectLimit _limit = RejectLimit.Create(RejectLimit.DefaultPerSecond, RejectLimit.DefaultBurst);

    public static TheoryData<IpFamily> Families => [IpFamily.Ip4, IpFamily.Ip6];

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APacketWithoutAHopLeftIsTold(IpFamily family, byte protocol)
    {
        for (int payload = 1; payload < 1400; payload += 33)
        {
            _limit = RejectLimit.Create(1, 1);
            byte[] packet = (Packet(family, protocol) with { PayloadBytes = payload, TimeToLive = 1 }).Build();
            AssertError(packet, Outcome.NoHopLeft, family == IpFamily.Ip4 ? (byte)11 : (byte)3, 0, 0);
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void APacketThatIsTooLongIsToldTheMtu(IpFamily family, byte protocol)
    {
        byte[] packet = (Packet(family, protocol) with { PayloadBytes = 1500, Fragment = 0x4000 }).Build();
        AssertError(packet, Outcome.TooLong, family == IpFamily.Ip4 ? (byte)3 : (byte)2, family == IpFamily.Ip4 ? (byte)4 : (byte)0, Mtu);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void WhatIsNotLetThroughIsToldSo(IpFamily family) => AssertError(
        Packet(family, IpProtocol.Udp).Build(), Outcome.HiddenHeader, family == IpFamily.Ip4 ? (byte)3 : (byte)1, family == IpFamily.Ip4 ? (byte)13 : (byte)1, 0);

    [Theory]
    [Trait("Check", "S-1")]
    [MemberData(nameof(Families))]
    public void ARouteThatIsNotFollowedIsToldToHaveFailed(IpFamily family) => AssertError(
        Packet(family, IpProtocol.Udp).Build(), Outcome.OpenRoute, family == IpFamily.Ip4 ? (byte)3 : (byte)1, family == IpFamily.Ip4 ? (byte)5 : (byte)0, 0);

    [Theory]
    [MemberData(nameof(Families))]
    public void WithoutAnAddressOfItsOwnItSpeaksAsTheOneThatWasAddressed(IpFamily family)
    {
        PacketSpec packet = Packet(family, IpProtocol.Udp);
        (Rejection rejection, byte[] error) = Tell(packet.Build(), Outcome.NoHopLeft, null);
        Assert.Equal(Rejection.TimeExceeded, rejection);
        Assert.Equal(Expected(packet.Build(), packet.To.Address, family == IpFamily.Ip4 ? (byte)11 : (byte)3, 0, 0), error);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AWrongChecksumIsNoConcernOfARouters(IpFamily family)
    {
        byte[] packet = Packet(family, IpProtocol.Tcp).Build();
        packet[^1] ^= 1;
        Assert.Equal(Rejection.TimeExceeded, Tell(packet, Outcome.NoHopLeft, Router(family)).Rejection);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void NothingIsSaidAboutIcmpErrorsButAboutEchoRequestsItIs(IpFamily family)
    {
        byte protocol = family == IpFamily.Ip4 ? IpProtocol.Icmp : IpProtocol.Icmp6;
        for (int type = 0; type <= 255; type++)
        {
            byte[] packet = (Packet(family, protocol) with { IcmpType = type }).Build();
            bool isEcho = type == (family == IpFamily.Ip4 ? 8 : 128);
            Assert.Equal(isEcho ? Rejection.TimeExceeded : Rejection.NotAnswerable, Tell(packet, Outcome.NoHopLeft, Router(family)).Rejection);
        }
    }

    [Theory]
    [InlineData(0x2000, Rejection.TimeExceeded)]
    [InlineData(0x6000, Rejection.TimeExceeded)]
    [InlineData(0x2001, Rejection.NotAnswerable)]
    [InlineData(0x1FFF, Rejection.NotAnswerable)]
    public void OfFragmentsTheFirstIsTold(ushort fragment, Rejection rejection) => Assert.Equal(
        rejection, Tell((Packet(IpFamily.Ip4, IpProtocol.Udp) with { Fragment = fragment }).Build(), Outcome.NoHopLeft, Router(IpFamily.Ip4)).Rejection);

    [Theory]
    [InlineData(IpFamily.Ip4, "127.0.0.1")]
    [InlineData(IpFamily.Ip4, "224.0.0.1")]
    [InlineData(IpFamily.Ip4, "255.255.255.255")]
    [InlineData(IpFamily.Ip4, "0.0.0.0")]
    [InlineData(IpFamily.Ip6, "::")]
    [InlineData(IpFamily.Ip6, "::1")]
    [InlineData(IpFamily.Ip6, "ff02::1")]
    public void NobodyIsToldWhoIsNoSingleHost(IpFamily family, string source)
    {
        PacketSpec packet = Packet(family, IpProtocol.Udp) with { From = new IPEndPoint(IPAddress.Parse(source), 7) };
        Assert.Equal(Rejection.NotAnswerable, Tell(packet.Build(), Outcome.NoHopLeft, Router(family)).Rejection);
    }

    /// <summary>Over IPv6 the host lets such packets through.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void NothingIsSaidAboutAPacketWhoseHeaderPromisesMoreThanThereIs(IpFamily family)
    {
        byte[] packet = Packet(family, IpProtocol.Udp).Build();
        foreach (Outcome outcome in (Outcome[])[Outcome.NoHopLeft, Outcome.TooLong, Outcome.HiddenHeader, Outcome.OpenRoute])
            Assert.Equal(Rejection.NotAnswerable, Tell(packet[..^1], outcome, Router(family)).Rejection);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ErrorsAreLimited(IpFamily family)
    {
        _limit = RejectLimit.Create(0, 3);
        byte[] packet = Packet(family, IpProtocol.Udp).Build();
        Rejection[] rejections = [.. Enumerable.Range(0, 5).Select(_ => Tell(packet, Outcome.NoHopLeft, Router(family)).Rejection)];
        Assert.Equal([.. Enumerable.Repeat(Rejection.TimeExceeded, 3), .. Enumerable.Repeat(Rejection.OverLimit, 2)], rejections);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void HowEverAPacketIsCutOrItsHeaderLiesNothingBesideItIsTouched(IpFamily family)
    {
        byte[] whole = Packet(family, IpProtocol.Tcp).Build();
        for (int length = 0; length <= whole.Length; length++)
        {
            for (int first = 0; first < 256; first += 15)
            {
                byte[] packet = whole[..length];
                if (length > 0) packet[0] = (byte)first;
                _limit = RejectLimit.Create(1, 1);
                _ = Tell(packet, Outcome.TooLong, Router(family));
            }
        }
    }

    public void Dispose() => _arena.Dispose();

    private static PacketSpec Packet(IpFamily family, byte protocol) => new(Site.Client(family), Site.Vip(family), protocol) { Seed = 9, PayloadBytes = 100 };

    private static IPAddress Router(IpFamily family) => IPAddress.Parse(family == IpFamily.Ip4 ? "198.51.100.1" : "2001:db8::1");

    private static byte[] Expected(byte[] packet, IPAddress from, byte type, byte code, uint rest)
    {
        bool isIp4 = packet[0] >> 4 == 4;
        var to = new IPAddress(isIp4 ? packet.AsSpan(12, 4) : packet.AsSpan(8, 16));
        byte[] quoted = packet[..Math.Min(packet.Length, isIp4 ? 576 - 28 : 1280 - 48)];
        return new IcmpSpec(from, to, quoted) { Type = type, Code = code, Rest = rest, Hops = 64, Identification = 2 }.Build();
    }

    private void AssertError(byte[] packet, Outcome outcome, byte type, byte code, uint rest)
    {
        IpFamily family = packet[0] >> 4 == 4 ? IpFamily.Ip4 : IpFamily.Ip6;
        (Rejection rejection, byte[] error) = Tell(packet, outcome, Router(family));
        Rejection expected = outcome switch
        {
            Outcome.TooLong => Rejection.TooBig,
            Outcome.HiddenHeader => Rejection.Prohibited,
            Outcome.OpenRoute => Rejection.SourceRouteFailed,
            _ => Rejection.TimeExceeded,
        };
        Assert.Equal(expected, rejection);
        Assert.Equal(Expected(packet, Router(family), type, code, rest), error);
    }

    private (Rejection Rejection, byte[] Error) Tell(byte[] packet, Outcome outcome, IPAddress? router)
    {
        byte[] room = [.. new byte[HeadroomBytes], .. packet];
        byte* start = _arena.Put(0, room);
        byte* source = stackalloc byte[16];
        router?.TryWriteBytes(new Span<byte>(source, 16), out _);
        RejectPacket input = new() { Start = start + HeadroomBytes, AvailableBytes = (uint)packet.Length, HeadroomBytes = HeadroomBytes };
        RejectLimit limit = _limit;
        bool isIp4 = router?.GetAddressBytes().Length == 4 || (router is null && packet[0] >> 4 == 4);
        byte* from = router is null ? null : source;
        RejectAnswer answer = isIp4
            ? RouterError<Ip4Reject>.Answer(&input, outcome, Mtu, from, &limit, 0)
            : RouterError<Ip6Reject>.Answer(&input, outcome, Mtu, from, &limit, 0);
        _limit = limit;
        byte[] after = _arena.Take(0);
        if (!answer.IsAnswered) Assert.Equal(room, after);
        return (answer.Rejection, after.AsSpan((int)HeadroomBytes + answer.OffsetBytes, (int)answer.LengthBytes).ToArray());
    }
}
