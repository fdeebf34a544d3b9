using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Translation;

/// <summary>RFC 7915 sections 4.1, 4.5, 5.1 and 5.5: whole packets.</summary>
public sealed class HeaderTests
{
    public static TheoryData<byte> Protocols => [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.UdpLite, IpProtocol.Dccp, IpProtocol.Sctp, 47, 50];

    [Theory]
    [Trait("Check", "S-17")]
    [MemberData(nameof(Protocols))]
    public void S17AnyTransportGoesBothWays(byte protocol)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            Wire wire = Twins.In4(protocol, 20 + seed, seed) with { DontFragment = seed % 2 == 0, Id = 7 };
            Assert.Equal(Twins.In6(wire).Build(), Twins.ToIp6(wire.Build()));
            wire = Twins.Out4(protocol, 20 + seed, seed) with { Id = 7 };
            Assert.Equal(wire.Build(), Twins.ToIp4(Twins.Out6(wire).Build(), id: 7));
        }
    }

    [Fact]
    [Trait("Check", "S-5")]
    [Trait("Check", "S-11")]
    [Trait("Check", "S-12")]
    public void S05And11And12LengthsDecideWhoMayFragment()
    {
        Wire most = Twins.In4(IpProtocol.Udp, 1240);
        Assert.Equal(1280, Twins.ToIp6(most.Build()).Length);
        Assert.Equal(Twins.In6(most).Build(), Twins.ToIp6(most.Build()));
        Wire longer = Twins.Out4(IpProtocol.Udp, 1241);
        Assert.Equal((longer with { DontFragment = true }).Build(), Twins.ToIp4(Twins.Out6(longer).Build(), id: 9));
        Assert.Equal((most with { Id = 9 }).Build(), Twins.ToIp4(Twins.In6(most).Build(), id: 9));
    }

    [Fact]
    [Trait("Check", "S-1")]
    public void S01OptionsAreIgnored()
    {
        Wire wire = Twins.In4(IpProtocol.Tcp, 40);
        byte[] expected = Twins.In6(wire).Build();
        byte[][] options = [[1, 1, 1, 0], [148, 4, 0, 0], [131, 7, 8, 1, 2, 3, 4, 0], [7, 8, 4, 0, 0, 0, 0, 0, 1, 1, 1, 0]];
        foreach (byte[] option in options) Assert.Equal(expected, Twins.ToIp6((wire with { Between = option }).Build()));
    }

    [Theory]
    [Trait("Check", "S-1")]
    [InlineData(131)]
    [InlineData(137)]
    public void S01ARouteThatIsNotAtItsEndIsRefused(byte kind)
    {
        Wire wire = Twins.In4(IpProtocol.Udp, 12);
        byte[][] open = [[kind, 7, 4, 1, 2, 3, 4, 0], [kind, 7, 7, 1, 2, 3, 4, 0], [1, kind, 7, 4, 1, 2, 3, 4], [148, 4, 0, 0, kind, 3, 0, 0], [kind, 3, 3, 148, 4, 0, 0, 0]];
        foreach (byte[] option in open) Twins.ToIp6((wire with { Between = option }).Build(), Outcome.OpenRoute);
        Twins.ToIp6((wire with { Between = open[0], Part = (0, 8) }).Build(), Outcome.OpenRoute);
    }

    [Theory]
    [Trait("Check", "S-1")]
    [InlineData(131)]
    [InlineData(137)]
    public void S01OptionsThatCannotBeReadAreNotTranslatable(byte kind)
    {
        Wire wire = Twins.In4(IpProtocol.Udp, 12);
        byte[][] torn = [[kind, 7, 4, 0], [kind, 2, 1, 1], [1, 1, 1, kind], [5, 1, 0, 0], [5, 0, 0, 0], [kind, 7, 4, 1, 2, 3, 4, 5]];
        foreach (byte[] option in torn) Twins.ToIp6((wire with { Between = option }).Build(), Outcome.NotTranslatable);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(43)]
    [InlineData(44)]
    [InlineData(51)]
    [InlineData(60)]
    [InlineData(58)]
    public void AProtocolThatMeansSomethingElseInIp6IsRefused(byte protocol) =>
        Twins.ToIp6(Twins.In4(protocol, 24).Build(), Outcome.NotTranslatable);

    [Fact]
    [Trait("Check", "S-21")]
    [Trait("Check", "S-23")]
    public void S23ServiceAndHopsAreKept()
    {
        Wire wire = Twins.In4(IpProtocol.Udp, 12) with { Service = 0xB9, Hops = 1 };
        Assert.Equal(Twins.In6(wire).Build(), Twins.ToIp6(wire.Build()));
        byte[] labelled = Twins.Out6(wire with { From = Twins.Near4, To = Twins.Far4 }).Build();
        labelled[1] |= 0x0A;
        labelled[3] = 0x77;
        Assert.Equal((wire with { From = Twins.Near4, To = Twins.Far4 }).Build(), Twins.ToIp4(labelled));
    }

    [Fact]
    [Trait("Check", "S-15")]
    public void S15AUdpChecksumIsComputedWhereThereIsNone()
    {
        for (int length = 8; length < 40; length++)
        {
            Wire wire = Twins.In4(IpProtocol.Udp, length, length);
            Assert.Equal(Twins.In6(wire).Build(), Twins.ToIp6((wire with { HasNoChecksum = true }).Build()));
        }
    }

    [Fact]
    public void S15WhereTheDatagramGoesOnElsewhereThereIsStillNone()
    {
        Wire wire = Twins.In4(IpProtocol.Udp, 100) with { HasNoChecksum = true };
        Assert.Equal(Twins.In6(wire).Build()[..80], Twins.ToIp6(wire.Build()[..60], isChained: true));
    }

    [Fact]
    public void AUdpChecksumThatComesToZeroIsSentAsOnes()
    {
        int seen = 0;
        for (int seed = 0; seed < 300_000 && seen == 0; seed++)
        {
            Wire wire = Twins.In4(IpProtocol.Udp, 12, seed);
            byte[] expected = Twins.In6(wire).Build();
            if (expected[46] != 0xFF || expected[47] != 0xFF) continue;
            seen++;
            Assert.Equal(expected, Twins.ToIp6(wire.Build()));
        }

        Assert.Equal(1, seen);
    }

    [Fact]
    public void AWrongChecksumStaysWrongByTheSameAmount()
    {
        Wire wire = Twins.In4(IpProtocol.Tcp, 60);
        byte[] packet = wire.Build();
        byte[] expected = Twins.In6(wire).Build();
        packet[37]--;
        expected[57]--;
        Assert.Equal(expected, Twins.ToIp6(packet));
    }

    [Fact]
    public void ATrailerOfTheLinkStaysBehind()
    {
        Wire wire = Twins.In4(IpProtocol.Udp, 9);
        Assert.Equal([.. Twins.In6(wire).Build(), 1, 2, 3], Twins.ToIp6([.. wire.Build(), 1, 2, 3]));
    }

    [Fact]
    public void NoPrefixOfAPacketIsReadBeyondItsEnd()
    {
        byte[] four = Twins.In4(IpProtocol.Tcp, 40).Build();
        byte[] six = Twins.In6(Twins.In4(IpProtocol.Tcp, 40)).Build();
        for (int length = 0; length < four.Length; length++) Twins.ToIp6(four[..length], Outcome.Truncated);
        for (int length = 0; length < six.Length; length++) Twins.ToIp4(six[..length], Outcome.Truncated);
    }

    [Fact]
    public void AnAddressWithoutACounterpartIsRefused() =>
        Twins.ToIp4((Twins.Out6(Twins.Out4(IpProtocol.Udp, 12)) with { From = System.Net.IPAddress.Parse("2001:db8::1") }).Build(), Outcome.NotTranslatable);

    /// <summary>The well-known prefix changes no checksum (RFC 6052 section 4.1); any other does.</summary>
    [Theory]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    [InlineData(IpProtocol.UdpLite)]
    public void ChecksumsFollowAPrefixThatIsNotNeutral(byte protocol)
    {
        var prefix = System.Net.IPAddress.Parse("2001:db8:122:344::");
        Wire InPrefix(Wire wire, bool isFar) => isFar ? wire with { From = System.Net.IPAddress.Parse($"2001:db8:122:344::{Twins.Far4}") } : wire with { To = System.Net.IPAddress.Parse($"2001:db8:122:344::{Twins.Far4}") };
        Wire there = Twins.In4(protocol, 33) with { DontFragment = true };
        Assert.Equal(InPrefix(Twins.In6(there), isFar: true).Build(), Twins.ToIp6(there.Build(), prefix));
        Assert.Equal((there with { DontFragment = false }).Build(), Twins.ToIp4(InPrefix(Twins.In6(there), isFar: true).Build(), prefix));
        Wire first = there with { Part = (0, 24), Id = 7, DontFragment = false };
        Assert.Equal(InPrefix(Twins.In6(first), isFar: true).Build(), Twins.ToIp6(first.Build(), prefix));
        Wire back = Twins.Out4(protocol, 33);
        Assert.Equal(back.Build(), Twins.ToIp4(InPrefix(Twins.Out6(back), isFar: false).Build(), prefix));
        byte[] error = IcmpWire.In4(3, 3, 0, back.Build()).Build();
        Wire error6 = IcmpWire.In6(1, 4, 0, InPrefix(Twins.Out6(back), isFar: false).Build()) with { From = System.Net.IPAddress.Parse($"2001:db8:122:344::{Twins.Router4}") };
        Assert.Equal(error6.Build(), Twins.ToIp6(error, prefix));
        Assert.Equal(error, Twins.ToIp4(error6.Build(), prefix));
    }

    [Theory]
    [InlineData("2001:db8::", 32, "2001:db8:c000:221::")]
    [InlineData("2001:db8:100::", 40, "2001:db8:1c0:2:21::")]
    [InlineData("2001:db8:122::", 48, "2001:db8:122:c000:2:2100::")]
    [InlineData("2001:db8:122:300::", 56, "2001:db8:122:3c0:0:221::")]
    [InlineData("2001:db8:122:344::", 64, "2001:db8:122:344:c0:2:2100::")]
    [InlineData("2001:db8:122:344::", 96, "2001:db8:122:344::192.0.2.33")]
    [InlineData("64:ff9b::", 96, "64:ff9b::192.0.2.33")]
    public unsafe void Rfc6052Section24AddressesOfEveryLength(string prefix, int length, string expected)
    {
        byte* bytes = stackalloc byte[16];
        fixed (byte* start = System.Net.IPAddress.Parse(prefix).GetAddressBytes())
        {
            Prefix64 made = Prefix64.Of(start, length);
            uint address = BitConverter.ToUInt32(Twins.Far4.GetAddressBytes());
            Prefix64.Embed(&made, address, bytes);
            Assert.Equal(System.Net.IPAddress.Parse(expected), new System.Net.IPAddress(new ReadOnlySpan<byte>(bytes, 16)));
            Assert.True(Prefix64.TryExtract(&made, bytes, out uint extracted));
            Assert.Equal(address, extracted);
            bytes[0] ^= 1;
            Assert.False(Prefix64.TryExtract(&made, bytes, out _));
        }
    }
}
