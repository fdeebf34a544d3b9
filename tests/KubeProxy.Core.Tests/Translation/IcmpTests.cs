using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Translation;
using Xunit;

namespace KubeProxy.Core.Tests.Translation;

/// <summary>RFC 7915 sections 4.2, 4.3, 5.2 and 5.3.</summary>
public sealed class IcmpTests
{
    private static readonly Wire Sent = Twins.Out4(IpProtocol.Tcp, 40) with { Hops = 3, Id = 9, DontFragment = true };

    /// <summary>Its twin from the other side: an inner packet of up to 1280 bytes may be fragmented, and has no number that anybody knows.</summary>
    private static readonly Wire Back = Sent with { Id = 0, DontFragment = false };

    /// <summary>ICMP type, code and second word, then ICMPv6's.</summary>
    public static TheoryData<byte, byte, uint, byte, byte, uint> BothWays => new()
    {
        { 3, 1, 0, 1, 0, 0 }, { 3, 10, 0, 1, 1, 0 }, { 3, 3, 0, 1, 4, 0 }, { 3, 2, 0, 4, 1, 6 }, { 3, 4, 1400, 2, 0, 1420 },
        { 11, 0, 0, 3, 0, 0 }, { 11, 1, 0, 3, 1, 0 }, { 12, 0, 0x0100_0000, 4, 0, 1 }, { 12, 0, 0x0800_0000, 4, 0, 7 },
        { 12, 0, 0x0900_0000, 4, 0, 6 }, { 12, 0, 0x0C00_0000, 4, 0, 8 }, { 12, 0, 0x1000_0000, 4, 0, 24 },
    };

    public static TheoryData<byte, byte, uint, byte, byte, uint> OnlyToIp6 => new()
    {
        { 3, 0, 0, 1, 0, 0 }, { 3, 5, 0, 1, 0, 0 }, { 3, 6, 0, 1, 0, 0 }, { 3, 7, 0, 1, 0, 0 }, { 3, 8, 0, 1, 0, 0 }, { 3, 11, 0, 1, 0, 0 },
        { 3, 12, 0, 1, 0, 0 }, { 3, 9, 0, 1, 1, 0 }, { 3, 13, 0, 1, 1, 0 }, { 3, 15, 0, 1, 1, 0 }, { 12, 2, 0x0300_0000, 4, 0, 4 },
        { 3, 4, 1261, 2, 0, 1281 }, { 3, 4, 1260, 2, 0, 1280 }, { 3, 4, 1259, 2, 0, 1280 }, { 3, 4, 0, 2, 0, 1280 }, { 12, 0, 0x0F00_0000, 4, 0, 8 },
    };

    public static TheoryData<byte, byte, uint, byte, byte, uint> OnlyToIp4 => new()
    {
        { 3, 1, 0, 1, 2, 0 }, { 3, 1, 0, 1, 3, 0 }, { 3, 4, 1260, 2, 0, 1280 }, { 3, 4, 0, 2, 0, 5 }, { 3, 4, 65535, 2, 0, 100_000 },
        { 12, 0, 0x0200_0000, 4, 0, 5 }, { 12, 0, 0x0C00_0000, 4, 0, 23 }, { 12, 0, 0x1000_0000, 4, 0, 39 },
    };

    [Theory]
    [Trait("Check", "S-14")]
    [Trait("Check", "S-22")]
    [MemberData(nameof(BothWays))]
    [MemberData(nameof(OnlyToIp6))]
    public void S14And18And22ErrorsBecomeThoseOfIp6(byte type, byte code, uint rest, byte type6, byte code6, uint rest6)
    {
        Wire error = IcmpWire.In4(type, code, rest, Sent.Build());
        Assert.Equal(IcmpWire.In6(type6, code6, rest6, Twins.Out6(Sent).Build()).Build(), Twins.ToIp6(error.Build()));
    }

    [Theory]
    [Trait("Check", "S-14")]
    [Trait("Check", "S-22")]
    [MemberData(nameof(BothWays))]
    [MemberData(nameof(OnlyToIp4))]
    public void S14And18And22ErrorsBecomeThoseOfIp4(byte type, byte code, uint rest, byte type6, byte code6, uint rest6)
    {
        Wire error = IcmpWire.In6(type6, code6, rest6, Twins.Out6(Back).Build());
        Assert.Equal((IcmpWire.In4(type, code, rest, Back.Build()) with { Id = 4 }).Build(), Twins.ToIp4(error.Build(), id: 4));
    }

    /// <summary>RFC 1191 table 7-1: the plateau below the length of the packet that did not get through, and the header's growth.</summary>
    [Theory]
    [Trait("Check", "S-22")]
    [InlineData(65_535, 32_020)]
    [InlineData(32_001, 32_020)]
    [InlineData(32_000, 17_934)]
    [InlineData(17_914, 8_186)]
    [InlineData(8_166, 4_372)]
    [InlineData(4_352, 2_022)]
    [InlineData(2_002, 1_512)]
    [InlineData(1_492, 1_280)]
    [InlineData(100, 1_280)]
    public void S22AnOldRoutersMtuOfZeroIsTheNextPlateau(uint quotedBytes, uint mtu) =>
        Assert.Equal(new IcmpKind(2, 0, mtu), IcmpMap.ToIp6(3, 4, 0, quotedBytes));

    [Theory]
    [Trait("Check", "S-14")]
    [Trait("Check", "S-22")]
    [InlineData(3, 14)]
    [InlineData(3, 16)]
    [InlineData(4, 0)]
    [InlineData(12, 1)]
    [InlineData(5, 0)]
    [InlineData(13, 0)]
    [InlineData(17, 0)]
    public void S22WhatHasNoCounterpartInIp6IsRefused(byte type, byte code) =>
        Twins.ToIp6(IcmpWire.In4(type, code, 0, Sent.Build()).Build(), Outcome.IcmpNotSupported);

    [Theory]
    [Trait("Check", "S-14")]
    [Trait("Check", "S-22")]
    [InlineData(1, 5, 0)]
    [InlineData(4, 2, 0)]
    [InlineData(4, 0, 2)]
    [InlineData(4, 0, 40)]
    [InlineData(133, 0, 0)]
    [InlineData(143, 0, 0)]
    public void S22WhatHasNoCounterpartInIp4IsRefused(byte type, byte code, uint rest) =>
        Twins.ToIp4(IcmpWire.In6(type, code, rest, Twins.Out6(Sent).Build()).Build(), Outcome.IcmpNotSupported);

    [Theory]
    [Trait("Check", "S-14")]
    [Trait("Check", "S-22")]
    [InlineData(8, 128)]
    [InlineData(0, 129)]
    public void S22EchoesGoBothWays(byte type4, byte type6)
    {
        for (int bytes = 0; bytes < 30; bytes++)
        {
            var four = new Wire(Twins.Far4, Twins.Near4, IpProtocol.Icmp, IcmpWire.Echo(type4, bytes));
            var six = new Wire(Twins.Far6, Twins.Near6, IpProtocol.Icmp6, IcmpWire.Echo(type6, bytes));
            Assert.Equal(six.Build(), Twins.ToIp6(four.Build()));
            Assert.Equal(four.Build(), Twins.ToIp4(six.Build()));
        }
    }

    [Fact]
    public void S18AQuotedEchoIsTranslatedToo()
    {
        Wire echo4 = Sent with { Protocol = IpProtocol.Icmp, Datagram = IcmpWire.Echo(0, 20) };
        Wire echo6 = Twins.Out6(Sent) with { Protocol = IpProtocol.Icmp6, Datagram = IcmpWire.Echo(129, 20) };
        Assert.Equal(IcmpWire.In6(1, 0, 0, echo6.Build()).Build(), Twins.ToIp6(IcmpWire.In4(3, 1, 0, echo4.Build()).Build()));
        echo4 = echo4 with { DontFragment = false, Id = 0 };
        Assert.Equal(IcmpWire.In4(3, 1, 0, echo4.Build()).Build(), Twins.ToIp4(IcmpWire.In6(1, 0, 0, echo6.Build()).Build()));
    }

    [Fact]
    public void S18TranslationStopsAtThePacketInsideThePacket()
    {
        Wire error = Sent with { Protocol = IpProtocol.Icmp, Datagram = IcmpWire.Error(3, 1, 0, Sent.Build()) };
        Twins.ToIp6(IcmpWire.In4(3, 1, 0, error.Build()).Build(), Outcome.IcmpQuote);
    }

    [Fact]
    [Trait("Check", "S-18")]
    public void S18ErrorsAreNoLongerThanEveryHostTakes()
    {
        byte[] long6 = Twins.ToIp6(IcmpWire.In4(3, 1, 0, (Sent with { Datagram = Wire.DatagramOf(IpProtocol.Tcp, 1400) }).Build()).Build());
        Assert.Equal(1280, long6.Length);
        byte[] quoted = (Twins.Out6(Sent) with { Datagram = Wire.DatagramOf(IpProtocol.Tcp, 1400) }).Build()[..1232];
        Assert.Equal(IcmpWire.In6(1, 0, 0, quoted).Build(), long6);
        byte[] short4 = Twins.ToIp4(long6, id: 3);
        Assert.Equal(576, short4.Length);
        quoted = (Sent with { Datagram = Wire.DatagramOf(IpProtocol.Tcp, 1400), Id = 0, DontFragment = true }).Build()[..548];
        Assert.Equal((IcmpWire.In4(3, 1, 0, quoted) with { Id = 3 }).Build(), short4);
    }

    [Fact]
    [Trait("Check", "S-18")]
    public void S18AQuotedFragmentStaysOne()
    {
        Wire fragment = Sent with { Datagram = Wire.DatagramOf(IpProtocol.Tcp, 100), Part = (0, 64), DontFragment = false };
        byte[] four = IcmpWire.In4(11, 1, 0, fragment.Build()).Build();
        byte[] six = IcmpWire.In6(3, 1, 0, Twins.Out6(fragment).Build()).Build();
        Assert.Equal(six, Twins.ToIp6(four));
        Assert.Equal(four, Twins.ToIp4(six));
    }

    [Fact]
    public void S18EightQuotedBytesAreEnoughAndSevenAreNot()
    {
        Wire longer = Sent with { Datagram = Wire.DatagramOf(IpProtocol.Udp, 40), Protocol = IpProtocol.Udp };
        byte[] expected = IcmpWire.In6(1, 4, 0, Twins.Out6(longer).Build()[..48]).Build();
        Assert.Equal(expected, Twins.ToIp6(IcmpWire.In4(3, 3, 0, longer.Build()[..28]).Build()));
        Twins.ToIp6(IcmpWire.In4(3, 3, 0, longer.Build()[..27]).Build(), Outcome.IcmpQuote);
        Twins.ToIp4(IcmpWire.In6(1, 4, 0, Twins.Out6(longer).Build()[..47]).Build(), Outcome.IcmpQuote);
    }

    [Fact]
    [Trait("Check", "S-20")]
    public void S20ARouterWithoutAnIp4AddressSpeaksWithTheQuotedDestination()
    {
        Wire error = IcmpWire.In6(3, 0, 0, Twins.Out6(Back).Build()) with { From = IPAddress.Parse("2001:db8::7") };
        Assert.Equal((IcmpWire.In4(11, 0, 0, Back.Build()) with { From = Twins.Far4 }).Build(), Twins.ToIp4(error.Build()));
    }

    [Fact]
    public void DamagedErrorsAreRefused()
    {
        byte[] four = IcmpWire.In4(3, 1, 0, Sent.Build()).Build();
        byte[] six = IcmpWire.In6(1, 0, 0, Twins.Out6(Sent).Build()).Build();
        four[^1] ^= 1;
        six[^1] ^= 1;
        Twins.ToIp6(four, Outcome.IcmpDamaged);
        Twins.ToIp4(six, Outcome.IcmpDamaged);
        byte[] quoted = Sent.Build();
        quoted[8]++;
        Twins.ToIp6(IcmpWire.In4(3, 1, 0, quoted).Build(), Outcome.IcmpDamaged);
    }

    /// <summary>A route that is not at its end, a chain that is cut, ICMP of the other family: nobody can say what such a quote is in IPv4.</summary>
    [Fact]
    public void AQuoteWhoseHeadersCannotBePassedIsRefused()
    {
        Wire quoted = Twins.Out6(Sent);
        Wire[] wires =
        [
            quoted with { Between = [43, 0, 1, 4, 0, 0, 0, 0, IpProtocol.Tcp, 0, 0, 1, 0, 0, 0, 0] },
            quoted with { Between = [IpProtocol.Tcp, 40, 1, 4, 0, 0, 0, 0] },
            quoted with { Protocol = IpProtocol.Icmp, Datagram = IcmpWire.Echo(8, 32) },
        ];
        foreach (byte[] packet in wires.Select(wire => wire.Build())) Twins.ToIp4(IcmpWire.In6(1, 0, 0, packet).Build(), Outcome.IcmpQuote);
    }

    [Fact]
    public void NoPrefixOfAnErrorIsReadBeyondItsEnd()
    {
        byte[] four = IcmpWire.In4(3, 1, 0, Sent.Build()).Build();
        byte[] six = IcmpWire.In6(1, 0, 0, Twins.Out6(Sent).Build()).Build();
        for (int length = 28; length < four.Length; length++) Twins.ToIp6(four[..length], Outcome.IcmpQuote, isChained: true);
        for (int length = 48; length < six.Length; length++) Twins.ToIp4(six[..length], Outcome.IcmpQuote, isChained: true);
    }
}
