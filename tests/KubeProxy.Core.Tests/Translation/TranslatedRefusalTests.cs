using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Core.Translation;
using Xunit;

namespace KubeProxy.Core.Tests.Translation;

/// <summary>IPv4 packets of a nat46 VIP that are refused for what stands in their own header: untouched, and told to the client over IPv4.</summary>
public sealed unsafe class TranslatedRefusalTests
{
    private static readonly IPAddress Router = IPAddress.Parse("198.51.100.1");
    private static readonly byte[] OpenRoute = [131, 7, 4, 192, 0, 2, 1, 0];

    [Theory]
    [Trait("Check", "S-1")]
    [InlineData(IpProtocol.Tcp, 40)]
    [InlineData(IpProtocol.Udp, 40)]
    [InlineData(IpProtocol.Udp, 1200)]
    public void S01AnOpenRouteIsToldToHaveFailed(byte protocol, int datagramBytes)
    {
        using var scene = new TranslationScene(isNat46: true);
        byte[] request = (Request(protocol, datagramBytes) with { Between = OpenRoute }).Build();
        AssertTold(scene, request, Outcome.OpenRoute, Rejection.SourceRouteFailed, code: 5);
    }

    [Fact]
    [Trait("Check", "S-1")]
    public void S01ARouteAtItsEndReachesAPod()
    {
        using var scene = new TranslationScene(isNat46: true);
        Wire request = Request(IpProtocol.Udp, 40);
        byte[] packet = (request with { Between = [131, 7, 8, 192, 0, 2, 1, 0] }).Build();
        (Outcome outcome, uint pod, byte[] left) = scene.Forward(packet, vipSlot: 2);
        Assert.Equal(Outcome.Translated, outcome);
        Assert.Equal((request with { From = scene.SeenOf(request.From), To = scene.PodOf(pod).Address }).Build(), left);
    }

    [Theory]
    [Trait("Check", "S-15")]
    [InlineData(8, false)]
    [InlineData(40, false)]
    [InlineData(1300, false)]
    [InlineData(1300, true)]
    public void S15WithoutAChecksumADatagramIsProhibitedWhileItIsToBe(int datagramBytes, bool dontFragment)
    {
        using var scene = new TranslationScene(isNat46: true);
        scene.Path.Shared->Translation.RejectsNoUdpChecksum = 1;
        byte[] request = (Request(IpProtocol.Udp, datagramBytes) with { HasNoChecksum = true, DontFragment = dontFragment }).Build();
        AssertTold(scene, request, Outcome.NoUdpChecksum, Rejection.Prohibited, code: 13);
    }

    /// <summary>Of what has a checksum, or is none of UDP's, or does not lie in one datagram, nothing is refused for it.</summary>
    [Fact]
    [Trait("Check", "S-15")]
    [Trait("Check", "S-16")]
    public void S15AndNothingElseIs()
    {
        using var scene = new TranslationScene(isNat46: true);
        scene.Path.Shared->Translation.RejectsNoUdpChecksum = 1;
        Wire udp = Request(IpProtocol.Udp, 40);
        Assert.Equal(Outcome.Translated, scene.Forward(udp.Build(), vipSlot: 2).Outcome);
        Assert.Equal(Outcome.Translated, scene.Forward((Request(IpProtocol.UdpLite, 40) with { HasNoChecksum = true }).Build(), vipSlot: 2).Outcome);
        Assert.Equal(Outcome.Translated, scene.Forward((Request(IpProtocol.Tcp, 40) with { HasNoChecksum = true }).Build(), vipSlot: 2).Outcome);
        Assert.Equal(Outcome.Fragment, scene.Forward((udp with { HasNoChecksum = true, Part = (0, 24) }).Build(), vipSlot: 2).Outcome);
        Assert.Equal(Outcome.Fragment, scene.Forward((udp with { HasNoChecksum = true, Part = (24, 16) }).Build(), vipSlot: 2).Outcome);
        Assert.Equal(Outcome.Truncated, scene.Forward((udp with { HasNoChecksum = true }).Build()[..27], vipSlot: 2).Outcome);
        scene.Path.Shared->Translation.RejectsNoUdpChecksum = 0;
        Assert.Equal(Outcome.Translated, scene.Forward((udp with { HasNoChecksum = true }).Build(), vipSlot: 2).Outcome);
    }

    [Fact]
    [Trait("Check", "S-15")]
    public void S15AChecksumThatADeviceIsToFillInIsNotMissing()
    {
        using var scene = new TranslationScene(isNat46: true);
        scene.Path.Shared->Translation.RejectsNoUdpChecksum = 1;
        scene.Put((Request(IpProtocol.Udp, 40) with { HasNoChecksum = true }).Build(), vipSlot: 2);
        scene.View->IsChecksumUnfinished = true;
        scene.Run();
        Assert.NotEqual((byte)Outcome.NoUdpChecksum, scene.Path.Worker()->Batch->Outcome[0]);
    }

    /// <summary>240/4 is served where networks use it, and this host does not speak to it, whatever its packets' header has become.</summary>
    [Theory]
    [InlineData("240.0.0.9", Rejection.NotAnswerable)]
    [InlineData("255.255.255.254", Rejection.NotAnswerable)]
    [InlineData("223.0.0.9", Rejection.PortUnreachable)]
    public void AReservedClientIsServedAndNotAnswered(string client, Rejection rejection)
    {
        using var scene = new TranslationScene(isNat46: true);
        PacketSpec served = scene.Request(IpProtocol.Udp) with { From = new IPEndPoint(IPAddress.Parse(client), 40_000) };
        Assert.Equal(Outcome.Translated, scene.Forward(served.Build()).Outcome);
        Assert.Equal(Outcome.NoPod, scene.Forward((served with { To = new IPEndPoint(served.To.Address, 81) }).Build()).Outcome);
        var packet = new RejectPacket { Start = scene.View->Start, AvailableBytes = scene.View->AvailableBytes, HeadroomBytes = scene.View->HeadroomBytes };
        packet.IsFromReserved = Nat46Path.IsFromReserved(&scene.Path.Shared->Translation.Prefix, packet.Start);
        RejectLimit limit = RejectLimit.Create(1, 1);
        Assert.Equal(rejection, Reject<Ip6Reject>.Answer(&packet, &limit, 0).Rejection);
    }

    /// <summary>RFC 1122 section 3.2.2: no error about a later fragment, though one over IPv6 would be told of.</summary>
    [Theory]
    [InlineData(0, Rejection.TimeExceeded)]
    [InlineData(24, Rejection.NotAnswerable)]
    public void OfFragmentsOverIp4TheFirstIsTold(int offset, Rejection rejection)
    {
        using var scene = new TranslationScene(isNat46: true);
        byte[] fragment = (Request(47, 40) with { Part = (offset, 16) }).Build();
        fragment[8] = 1;
        PacketChecksums.Write(fragment, 20, 0);
        Assert.Equal(Outcome.NoHopLeft, scene.Forward(fragment, vipSlot: 2).Outcome);
        var packet = new RejectPacket { Start = scene.View->Start, AvailableBytes = scene.View->AvailableBytes, HeadroomBytes = scene.View->HeadroomBytes };
        RejectLimit limit = RejectLimit.Create(1, 1);
        Assert.Equal(rejection, RouterError<Ip6Reject>.Answer(&packet, Outcome.NoHopLeft, 0, null, &limit, 0).Rejection);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ARefusalAllocatesNothing(bool isRoute)
    {
        using var scene = new TranslationScene(isNat46: true);
        scene.Path.Shared->Translation.RejectsNoUdpChecksum = 1;
        Wire wire = Request(IpProtocol.Udp, 40) with { HasNoChecksum = true };
        byte[] request = (isRoute ? wire with { Between = OpenRoute } : wire).Build();
        for (int round = 0; round < 2; round++)
        {
            scene.Put(request, vipSlot: 2);
            long before = GC.GetAllocatedBytesForCurrentThread();
            scene.Run();
            RejectAnswer answer = Answer(scene, (Outcome)scene.Path.Worker()->Batch->Outcome[0], null);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(answer.IsAnswered);
            if (round > 0) Assert.Equal(0, allocated);
        }
    }

    private static Wire Request(byte protocol, int datagramBytes) =>
        new(Site.Client(IpFamily.Ip4).Address, Site.Vip(IpFamily.Ip4, 2).Address, protocol, Wire.DatagramOf(protocol, datagramBytes));

    /// <summary>Not a byte has changed when the packet is refused, and the error quotes it.</summary>
    private static void AssertTold(TranslationScene scene, byte[] request, Outcome reason, Rejection rejection, byte code)
    {
        (Outcome outcome, _, byte[] packet) = scene.Forward(request, vipSlot: 2);
        Assert.Equal(reason, outcome);
        Assert.Equal(request, packet);
        byte* router = stackalloc byte[4];
        Router.TryWriteBytes(new Span<byte>(router, 4), out _);
        RejectAnswer answer = Answer(scene, outcome, router);
        Assert.Equal(rejection, answer.Rejection);
        scene.View->MoveTo(scene.View->Start + answer.OffsetBytes);
        scene.View->AvailableBytes = answer.LengthBytes;
        IPAddress client = new(request.AsSpan(12, 4));
        var expected = new IcmpSpec(Router, client, request[..Math.Min(request.Length, 576 - 28)]) { Type = 3, Code = code, Hops = 64, Identification = 2 };
        Assert.Equal(expected.Build(), scene.Take());
    }

    private static RejectAnswer Answer(TranslationScene scene, Outcome outcome, byte* router)
    {
        var packet = new RejectPacket { Start = scene.View->Start, AvailableBytes = scene.View->AvailableBytes, HeadroomBytes = scene.View->HeadroomBytes };
        RejectLimit limit = RejectLimit.Create(1, 1);
        return RouterError<Ip4Reject>.Answer(&packet, outcome, 0, router, &limit, 0);
    }
}
