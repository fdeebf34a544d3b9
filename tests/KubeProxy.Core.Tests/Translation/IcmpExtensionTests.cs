using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Translation;

/// <summary>
/// Errors with something behind what they quote. RFC 4884 section 3: it begins behind whole words of the family, 128 bytes at least, and zeros fill them;
/// section 4: its place in words is octet 5 of ICMP types 3, 11 and 12, octet 4 of ICMPv6 types 1 and 3. RFC 7915 sections 4.2 and 5.2: the length follows.
/// </summary>
public sealed class IcmpExtensionTests
{
    private static readonly byte[] Extension = [0x20, 0, 1, 2, 0, 8, 1, 1, 9, 9, 9, 9];
    private static readonly Wire Long = Twins.Out4(IpProtocol.Tcp, 700) with { Hops = 3, Id = 0, DontFragment = false };

    [Theory]
    [Trait("Check", "S-19")]
    [InlineData(128, 4)]
    [InlineData(132, 0)]
    public void S19AnExtensionBeginsAtAMultipleOf8(int quoted, int zeros)
    {
        Wire error = IcmpWire.In4(11, 0, Words4(quoted), [.. Long.Build()[..quoted], .. Extension]);
        byte[] original = [.. Twins.Out6(Long).Build()[..(quoted + 20)], .. new byte[zeros]];
        Assert.Equal(IcmpWire.In6(3, 0, Words6(original.Length), [.. original, .. Extension]).Build(), Twins.ToIp6(error.Build()));
    }

    [Theory]
    [Trait("Check", "S-19")]
    [InlineData(128, 20)]
    [InlineData(144, 4)]
    [InlineData(152, 0)]
    public void S19AnExtensionBeginsNotBeforeByte128(int quoted, int zeros)
    {
        Wire error = IcmpWire.In6(1, 0, Words6(quoted), [.. Twins.Out6(Long).Build()[..quoted], .. Extension]);
        byte[] original = [.. Long.Build()[..(quoted - 20)], .. new byte[zeros]];
        Assert.Equal(IcmpWire.In4(3, 1, Words4(original.Length), [.. original, .. Extension]).Build(), Twins.ToIp4(error.Build()));
    }

    [Fact]
    [Trait("Check", "S-19")]
    public void S19OptionsOfTheQuotedHeaderMakeRoomForZeros()
    {
        Wire withOptions = Long with { Between = [.. Enumerable.Repeat((byte)1, 40)] };
        Wire error = IcmpWire.In4(3, 1, Words4(128), [.. withOptions.Build()[..128], .. Extension]);
        byte[] original = [.. Twins.Out6(Long).Build()[..108], .. new byte[20]];
        Assert.Equal(IcmpWire.In6(1, 0, Words6(128), [.. original, .. Extension]).Build(), Twins.ToIp6(error.Build()));
    }

    [Fact]
    [Trait("Check", "S-19")]
    public void S19BehindLessThan128BytesIsNoExtension()
    {
        Wire four = IcmpWire.In4(11, 0, Words4(124), [.. Long.Build()[..124], .. Extension]);
        Wire six = IcmpWire.In6(3, 0, Words6(120), [.. Twins.Out6(Long).Build()[..120], .. Extension]);
        Assert.Equal(IcmpWire.In6(3, 0, 0, Twins.Out6(Long).Build()[..144]).Build(), Twins.ToIp6(four.Build()));
        Assert.Equal(IcmpWire.In4(11, 0, 0, Long.Build()[..100]).Build(), Twins.ToIp4(six.Build()));
    }

    [Theory]
    [Trait("Check", "S-19")]
    [InlineData(12, 0, 0x0100_0000, 4, 0, 1)]
    [InlineData(3, 2, 0, 4, 1, 6)]
    [InlineData(3, 4, 1400, 2, 0, 1420)]
    public void S19WhatBecomesAnErrorWithoutExtensionsLosesThem(byte type, byte code, uint rest, byte type6, byte code6, uint rest6)
    {
        Wire error = IcmpWire.In4(type, code, Words4(128) | rest, [.. Long.Build()[..128], .. Extension]);
        Assert.Equal(IcmpWire.In6(type6, code6, rest6, Twins.Out6(Long).Build()[..148]).Build(), Twins.ToIp6(error.Build()));
    }

    [Fact]
    [Trait("Check", "S-19")]
    public void S19ALengthBeyondTheErrorsEndIsNoExtensions()
    {
        Wire error = IcmpWire.In6(1, 0, Words6(400), Twins.Out6(Long).Build()[..200]);
        Assert.Equal(IcmpWire.In4(3, 1, 0, Long.Build()[..180]).Build(), Twins.ToIp4(error.Build()));
    }

    /// <summary>RFC 7915 section 5.2: what is too long is simply cut. 576 bytes hold 548 behind both headers.</summary>
    [Theory]
    [Trait("Check", "S-19")]
    [InlineData(560, 8)]
    [InlineData(568, 0)]
    public void S19AnExtensionIsCutWhereTheErrorEnds(int quoted, int extensionBytes)
    {
        Wire error = IcmpWire.In6(3, 0, Words6(quoted), [.. Twins.Out6(Long).Build()[..quoted], .. Extension]);
        uint rest = extensionBytes == 0 ? 0 : Words4(quoted - 20);
        byte[] expected = IcmpWire.In4(11, 0, rest, [.. Long.Build()[..(quoted - 20)], .. Extension[..extensionBytes]]).Build();
        Assert.Equal(expected, Twins.ToIp4(error.Build()));
    }

    private static uint Words4(int bytes) => (uint)bytes / 4 << 16;

    private static uint Words6(int bytes) => (uint)bytes / 8 << 24;
}
