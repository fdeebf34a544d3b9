using KubeProxy.Host.Ip;
using Xunit;

namespace KubeProxy.Host.Tests.Ip;

public sealed class IpAddrTests
{
    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("255.255.255.255")]
    [InlineData("fd01::1")]
    [InlineData("::")]
    [InlineData("2001:db8:1:2:3:4:5:6")]
    public void TextIsReadAndWrittenAlike(string text)
    {
        Assert.True(IpAddr.TryParse(text, out IpAddr address));
        Assert.Equal(text, address.ToString());
        byte[] wire = new byte[address.Bytes];
        address.WriteWire(wire);
        Assert.Equal(address, address.IsIp6 ? IpAddr.FromWire6(wire) : IpAddr.FromWire4(wire));
    }

    [Theory]
    [InlineData("10.1")]
    [InlineData("10.1.2.256")]
    [InlineData("fe80::1%eth0")]
    [InlineData("")]
    [InlineData("pg0")]
    public void WhatIsNoAddressIsRefused(string text) => Assert.False(IpAddr.TryParse(text, out _));

    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("10.0.0.0/-1", false)]
    [InlineData("fd00::/128", true)]
    [InlineData("fd00::/129", false)]
    [InlineData("fd00::/x", false)]
    public void AMaskLengthFitsTheFamily(string text, bool isPrefix) => Assert.Equal(isPrefix, IpPrefix.TryParse(text, out _));

    [Fact]
    public void APrefixKeepsItsHostBitsUntilAskedForTheNetwork()
    {
        Assert.True(IpPrefix.TryParse("10.1.2.3/16", out IpPrefix prefix));
        Assert.Equal("10.1.2.3/16", prefix.ToString());
        Assert.Equal("10.1.0.0/16", prefix.Network.ToString());
        Assert.True(IpAddr.TryParse("10.1.255.255", out IpAddr inside));
        Assert.True(prefix.Covers(inside));
        Assert.True(IpAddr.TryParse("10.2.0.0", out IpAddr outside));
        Assert.False(prefix.Covers(outside));
    }

    [Fact]
    public void TheSolicitedNodeGroupHasTheLast24Bits()
    {
        Assert.True(IpAddr.TryParse("fd01::a1:b2c3", out IpAddr address));
        Assert.Equal("ff02::1:ffa1:b2c3", address.SolicitedNode().ToString());
        Assert.Equal("33:33:ff:a1:b2:c3", MacAddress.ForIp6Group(address.SolicitedNode()).ToString());
    }

    [Theory]
    [InlineData("224.0.0.1", true, false)]
    [InlineData("ff02::1", true, false)]
    [InlineData("fe80::1", false, true)]
    [InlineData("fec0::1", false, false)]
    [InlineData("10.0.0.1", false, false)]
    public void KindsOfAddressesAreTold(string text, bool isMulticast, bool isLinkLocal)
    {
        Assert.True(IpAddr.TryParse(text, out IpAddr address));
        Assert.Equal(isMulticast, address.IsMulticast);
        Assert.Equal(isLinkLocal, address.IsLinkLocal);
    }

    [Theory]
    [InlineData("02:fe:00:00:00:01", true)]
    [InlineData("2:fe:0:0:0:1", true)]
    [InlineData("02:fe:00:00:00", false)]
    [InlineData("02:fe:00:00:00:0g", false)]
    [InlineData("02:fe:00:00:00:001", false)]
    public void AMacIsSixBytes(string text, bool isMac)
    {
        Assert.Equal(isMac, MacAddress.TryParse(text, out MacAddress mac));
        if (isMac)
            Assert.Equal("02:fe:00:00:00:01", mac.ToString());
    }

    [Fact]
    public void AGeneratedMacIsLocalAndUnicastAsVpps() =>
        Assert.StartsWith("02:fe:", MacAddress.Generate().ToString(), StringComparison.Ordinal);
}
