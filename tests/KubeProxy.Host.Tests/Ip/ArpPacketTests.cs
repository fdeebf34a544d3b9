using KubeProxy.Host.Ip;
using Xunit;

namespace KubeProxy.Host.Tests.Ip;

public sealed class ArpPacketTests
{
    private const string Request = "0001080006040001" + "0200000000aa" + "0a010005" + "000000000000" + "0a010001";

    [Fact]
    public void ARequestIsAnsweredByTheOwner()
    {
        Assert.True(ArpPacket.TryParse(Convert.FromHexString(Request), out ArpPacket request));
        Assert.Equal(ArpPacket.Request, request.Operation);
        Assert.Equal("10.1.0.1", request.TargetAddress.ToString());
        byte[] answer = new byte[ArpPacket.Length];
        request.Answer(new MacAddress(0x02fe00000001)).Write(answer);
        string expected = "0001080006040002" + "02fe00000001" + "0a010001" + "0200000000aa" + "0a010005";
        Assert.Equal(expected, Convert.ToHexStringLower(answer));
    }

    [Fact]
    public void WhatWasWrittenIsRead()
    {
        Assert.True(ArpPacket.TryParse(Convert.FromHexString(Request), out ArpPacket request));
        byte[] written = new byte[ArpPacket.Length];
        request.Write(written);
        Assert.Equal(Request, Convert.ToHexStringLower(written));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    public void AnotherKindOfNetworkIsRefused(int offset)
    {
        byte[] bytes = Convert.FromHexString(Request);
        bytes[offset] ^= 0x40;
        Assert.False(ArpPacket.TryParse(bytes, out _));
    }

    [Fact]
    public void AShortPacketIsRefused() => Assert.False(ArpPacket.TryParse(new byte[ArpPacket.Length - 1], out _));
}
