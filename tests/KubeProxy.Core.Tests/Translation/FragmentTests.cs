using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Translation;

/// <summary>RFC 7915 sections 4.1 and 5.1.1: fragments; and the headers that IPv6 has in front of them.</summary>
public sealed class FragmentTests
{
    [Theory]
    [Trait("Check", "S-8")]
    [Trait("Check", "S-13")]
    [InlineData(IpProtocol.Udp)]
    [InlineData(IpProtocol.Tcp)]
    public void S08And13FragmentsKeepTheirPlaceAndNumber(byte protocol)
    {
        (int, int)[] parts = [(0, 64), (64, 128), (192, 8)];
        foreach ((int, int) part in parts)
        {
            Wire wire = Twins.In4(protocol, 200) with { Part = part, Id = 0x0308 };
            Assert.Equal(Twins.In6(wire).Build(), Twins.ToIp6(wire.Build()));
            Wire back = Twins.Out4(protocol, 200) with { Part = part, Id = 0x0308 };
            Assert.Equal(back.Build(), Twins.ToIp4(Twins.Out6(back with { Id = 0x0102_0308 }).Build()));
        }
    }

    [Fact]
    public void S16TheFirstFragmentOfADatagramWithoutAChecksumHasStillNone()
    {
        Wire wire = Twins.In4(IpProtocol.Udp, 200) with { Part = (0, 64), HasNoChecksum = true };
        Assert.Equal(Twins.In6(wire).Build(), Twins.ToIp6(wire.Build()));
    }

    [Fact]
    public void AFragmentOfIcmpIsRefused()
    {
        Wire wire = Twins.In4(IpProtocol.Icmp, 200) with { Part = (0, 64), Id = 3 };
        Twins.ToIp6(wire.Build(), Outcome.NotTranslatable);
        Twins.ToIp6((wire with { Part = (64, 64) }).Build(), Outcome.NotTranslatable);
        Twins.ToIp4((Twins.Out6(Twins.Out4(IpProtocol.Icmp6, 200)) with { Part = (0, 64), Id = 3 }).Build(), Outcome.NotTranslatable);
    }

    [Fact]
    [Trait("Check", "S-2")]
    public void S02HeadersInFrontOfTheFragmentHeaderAreTakenOut()
    {
        byte[] between = [43, 0, 1, 4, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 44, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Wire wire = Twins.Out6(Twins.Out4(IpProtocol.Udp, 200) with { Part = (64, 128), Id = 5 });
        Assert.Equal(wire.Build(), Twins.Strip((wire with { Between = between }).Build()));
    }

    [Fact]
    [Trait("Check", "S-2")]
    public void S02HeadersInFrontOfAWholeDatagramAreTakenOut()
    {
        Wire wire = Twins.Out6(Twins.Out4(IpProtocol.Udp, 20));
        Assert.Equal(wire.Build(), Twins.Strip((wire with { Between = [IpProtocol.Udp, 0, 1, 4, 0, 0, 0, 0] }).Build()));
        Assert.Equal(wire.Build(), Twins.Strip(wire.Build()));
    }

    [Fact]
    [Trait("Check", "S-3")]
    public void S03AHeaderBehindTheFragmentHeaderIsRefused()
    {
        byte[] packet = (Twins.Out6(Twins.Out4(IpProtocol.Udp, 200)) with { Part = (0, 64) }).Build();
        packet[40] = 60;
        Assert.Equal(packet, Twins.Strip(packet, Outcome.HiddenHeader));
        Twins.ToIp4(packet, Outcome.NotTranslatable);
    }

    [Fact]
    public void ARoutingHeaderThatIsNotAtItsEndIsRefused()
    {
        Wire wire = Twins.Out6(Twins.Out4(IpProtocol.Udp, 20)) with { Between = [43, 0, 1, 4, 0, 0, 0, 0, IpProtocol.Udp, 0, 0, 1, 0, 0, 0, 0] };
        Twins.Strip(wire.Build(), Outcome.ExtensionHeader);
    }

    [Fact]
    [Trait("Check", "S-4")]
    public void S04NoNextHeaderIsAProtocolLikeAnother()
    {
        Wire wire = Twins.Out4(59, 10);
        Assert.Equal(wire.Build(), Twins.ToIp4(Twins.Out6(wire).Build()));
        Wire alone = Twins.Out6(wire) with { Between = [59, 0, 1, 4, 0, 0, 0, 0], Datagram = [] };
        Assert.Equal(40, Twins.Strip(alone.Build()).Length);
    }

    [Fact]
    public void NoHeaderIsReadBeyondThePacket()
    {
        byte[] between = [60, 0, 1, 4, 0, 0, 0, 0, 44, 200, 1, 4, 0, 0, 0, 0];
        byte[] packet = (Twins.Out6(Twins.Out4(IpProtocol.Udp, 20)) with { Between = between, Part = (0, 16) }).Build();
        for (int length = 40; length <= packet.Length; length++) Twins.Strip(packet[..length], Outcome.ExtensionHeader);
    }
}
