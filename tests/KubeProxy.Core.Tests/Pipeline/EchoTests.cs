using System.Buffers.Binary;
using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Pings to a VIP: who is answered, and how. I-13: nothing of a ping is ever taken for ports.</summary>
public sealed unsafe class EchoTests : IDisposable
{
    private readonly PacketArena _arena = new();

    public static TheoryData<IpFamily> Families { get; } = [IpFamily.Ip4, IpFamily.Ip6];

    public void Dispose() => _arena.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public void AVipWithPortsAnswersWhileOneOfItsServicesHasAPod(IpFamily family)
    {
        using var site = new Topology(family);
        byte[] ping = Ping(family).Build();
        Assert.Equal(Outcome.EchoRequest, site.Forward(ping).Outcome);
        site.Path.SetService(1, IpProtocol.Tcp, 80, Topology.TcpService);
        Assert.Equal(Outcome.EchoRequest, site.Forward(ping).Outcome);
        site.Path.SetService(1, IpProtocol.Udp, 80, Topology.UdpService);
        Assert.Equal(Outcome.EchoRequest, site.Forward(ping).Outcome);
        site.Path.SetService(1, IpProtocol.Sctp, 80, Topology.SctpService);
        Verdict verdict = site.Forward(ping);
        Assert.Equal((Outcome.EchoNoPod, SessionUse.None), (verdict.Outcome, verdict.Session));
        Assert.Equal(ping, verdict.Bytes);
        site.Path.RemoveVip(1);
        Assert.Equal(Outcome.NoVip, site.Forward(ping).Outcome);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AVipThatTakesEveryProtocolLeavesTheAnswerToItsPods(IpFamily family)
    {
        using var site = new Topology(family);
        Assert.Equal(Outcome.Translated, site.Forward(new TestPacket(Ping(family).Build(), VipSlot: 2)).Outcome);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void APodsOwnPingsPass(IpFamily family)
    {
        using var site = new Topology(family);
        byte[] ping = Ping(family).Build();
        Assert.NotEqual(Outcome.Translated, site.Return(ping).Outcome);
        Assert.Equal(ping, site.Path.Arena.Take(0));
    }

    [Theory]
    [Trait("Check", "I-13")]
    [MemberData(nameof(Families))]
    public void TheAnswerIsTheRequestTurnedRound(IpFamily family)
    {
        for (int length = 0; length < 1400; length += length < 40 ? 1 : 97)
        {
            IcmpSpec ping = Ping(family, length);
            (RejectAnswer answer, byte[] bytes) = Answer(ping.Build());
            Assert.Equal((Rejection.EchoReply, 0), (answer.Rejection, answer.OffsetBytes));
            Assert.Equal(Reply(ping), bytes);
        }
    }

    /// <summary>The checksum covers what the IP header does, and the answer ends there (test_icmp_echo_reply_trailer).</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void ATrailerIsNotAnswered(IpFamily family)
    {
        IcmpSpec ping = Ping(family);
        Assert.Equal(Reply(ping), Answer((ping with { TrailerBytes = 18 }).Build()).Bytes);
    }

    /// <summary>The first piece of a chain: the checksum follows without the rest.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void OfAChainTheFirstPieceIsTurnedRound(IpFamily family)
    {
        IcmpSpec ping = Ping(family, 3000);
        Assert.Equal(Reply(ping)[..600], Answer(ping.Build()[..600], new RejectPacket { IsChained = true }).Bytes);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void WhatMayNotBeAnsweredIsNot(IpFamily family)
    {
        IcmpSpec ping = Ping(family);
        string[] sources = family == IpFamily.Ip4
            ? ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", ping.To.ToString()]
            : ["::", "::1", "ff02::1", ping.To.ToString()];
        foreach (string source in sources) AssertNotAnswered((ping with { From = IPAddress.Parse(source) }).Build());
        AssertNotAnswered((ping with { Damage = 1 }).Build());
        AssertNotAnswered(ping.Build()[..^1]);
        AssertNotAnswered(ping.Build(), new RejectPacket { IsLinkBroadcast = true });
        byte[] whole = ping.Build();
        for (int length = 0; length < (family == IpFamily.Ip4 ? 28 : 48); length++) AssertNotAnswered(whole[..length], new RejectPacket { IsChained = true });
    }

    [Fact]
    public void APingWithOptionsIsNotAnswered()
    {
        byte[] plain = Ping(IpFamily.Ip4).Build();
        byte[] packet = [.. plain[..20], 1, 1, 1, 1, .. plain[20..]];
        packet[0] = 0x46;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        IcmpSpec.WriteChecksums(packet);
        AssertNotAnswered(packet);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AnswersAreLimited(IpFamily family)
    {
        RejectLimit limit = RejectLimit.Create(1, 2);
        foreach (Rejection expected in (Rejection[])[Rejection.EchoReply, Rejection.EchoReply, Rejection.OverLimit])
            Assert.Equal(expected, Answer(Ping(family).Build(), default, &limit).Answer.Rejection);
    }

    private static IcmpSpec Ping(IpFamily family, int length = 56)
    {
        byte[] data = new byte[length];
        new Random(length).NextBytes(data);
        return new IcmpSpec(Site.Client(family).Address, Site.Vip(family).Address, data)
        {
            Type = family == IpFamily.Ip4 ? (byte)8 : (byte)128,
            Code = 0,
            Rest = 0x1234_0007,
        };
    }

    private static byte[] Reply(IcmpSpec ping)
    {
        bool isIp4 = ping.Type == 8;
        byte[] reply = (ping with { From = ping.To, To = ping.From, Type = isIp4 ? (byte)0 : (byte)129 }).Build();
        reply[isIp4 ? 8 : 7] = 64;
        IcmpSpec.WriteChecksums(reply);
        return reply;
    }

    private void AssertNotAnswered(byte[] packet, RejectPacket like = default)
    {
        RejectLimit limit = RejectLimit.Create(1, 1);
        (RejectAnswer answer, byte[] bytes) = Answer(packet, like, &limit);
        Assert.Equal(Rejection.NotAnswerable, answer.Rejection);
        Assert.False(answer.IsAnswered);
        Assert.Empty(bytes);
        Assert.Equal(packet, _arena.Take(0));
    }

    private (RejectAnswer Answer, byte[] Bytes) Answer(byte[] packet, RejectPacket like = default)
    {
        RejectLimit limit = RejectLimit.Create(1, 1);
        return Answer(packet, like, &limit);
    }

    private (RejectAnswer Answer, byte[] Bytes) Answer(byte[] packet, RejectPacket like, RejectLimit* limit)
    {
        like.Start = _arena.Put(0, packet);
        like.AvailableBytes = (uint)packet.Length;
        RejectAnswer answer = packet.Length > 0 && packet[0] >> 4 == 4
            ? Echo<Ip4Reject>.Answer(&like, limit, 1000)
            : Echo<Ip6Reject>.Answer(&like, limit, 1000);
        return (answer, _arena.Take(0)[..(int)answer.LengthBytes]);
    }
}
