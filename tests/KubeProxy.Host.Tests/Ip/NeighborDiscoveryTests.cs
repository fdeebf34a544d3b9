using KubeProxy.Host.Ip;
using Xunit;

namespace KubeProxy.Host.Tests.Ip;

public sealed class NeighborDiscoveryTests
{
    private static readonly MacAddress Mac = new(0x02fe00000001);

    private static IpAddr Addr(string text) => IpAddr.TryParse(text, out IpAddr address) ? address : throw new FormatException(text);

    private static byte[] Solicitation()
    {
        byte[] packet = new byte[NeighborDiscovery.PacketBytes];
        NeighborDiscovery.WriteSolicitation(packet, Addr("fd01::2"), Addr("fd01::1"), Mac);
        return packet;
    }

    [Fact]
    public void ASolicitationIsByteExact()
    {
        string expected = "6000000000203aff"
            + "fd010000000000000000000000000002" + "ff0200000000000000000001ff000001"
            + "87000000" + "00000000" + "fd010000000000000000000000000001" + "010102fe00000001";
        byte[] packet = Solicitation();
        Assert.True(NeighborDiscovery.TryParse(packet, out _), "checksum");
        packet[42] = packet[43] = 0;
        Assert.Equal(expected, Convert.ToHexStringLower(packet));
    }

    [Fact]
    public void ASolicitationIsReadWithItsLinkAddress()
    {
        Assert.True(NeighborDiscovery.TryParse(Solicitation(), out NdMessage message));
        Assert.Equal(new NdMessage(NeighborDiscovery.Solicitation, Addr("fd01::2"), Addr("fd01::1"), Mac), message);
    }

    [Fact]
    public void TheAnswerGoesToWhoAskedAndIsSolicited()
    {
        Assert.True(NeighborDiscovery.TryParse(Solicitation(), out NdMessage message));
        byte[] answer = new byte[NeighborDiscovery.PacketBytes];
        NeighborDiscovery.WriteAdvertisement(answer, message, new MacAddress(0x02fe00000009));
        Assert.True(NeighborDiscovery.TryParse(answer, out NdMessage advertisement));
        Assert.Equal(new NdMessage(NeighborDiscovery.Advertisement, Addr("fd01::1"), Addr("fd01::1"), new MacAddress(0x02fe00000009)), advertisement);
        Assert.Equal(Addr("fd01::2"), IpAddr.FromWire6(answer.AsSpan(24)));
        Assert.Equal(0x60, answer[44]);
    }

    [Fact]
    public void TheAnswerToAnAnonymousQuestionGoesToAllNodes()
    {
        byte[] question = new byte[NeighborDiscovery.PacketBytes];
        NeighborDiscovery.WriteSolicitation(question, Addr("::"), Addr("fd01::1"), Mac);
        Assert.True(NeighborDiscovery.TryParse(question, out NdMessage message));
        byte[] answer = new byte[NeighborDiscovery.PacketBytes];
        NeighborDiscovery.WriteAdvertisement(answer, message, Mac);
        Assert.Equal(Addr("ff02::1"), IpAddr.FromWire6(answer.AsSpan(24)));
        Assert.Equal(0x20, answer[44]);
    }

    [Theory]
    [InlineData(7, "hop limit")]
    [InlineData(6, "protocol")]
    [InlineData(40, "type")]
    [InlineData(41, "code")]
    [InlineData(42, "checksum")]
    [InlineData(71, "link address, so that the checksum is wrong")]
    public void ABrokenMessageIsRefused(int offset, string what)
    {
        byte[] packet = Solicitation();
        packet[offset] ^= 0x01;
        Assert.False(NeighborDiscovery.TryParse(packet, out _), what);
    }

    [Fact]
    public void EveryTruncationIsRefusedWithoutReadingBeyond()
    {
        byte[] packet = Solicitation();
        for (int length = 0; length < packet.Length; length++)
            Assert.False(NeighborDiscovery.TryParse(packet.AsSpan(0, length), out _));
    }
}
