using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Tests.Pipeline;
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

    [Fact]
    public void ARefusalAllocatesNothing()
    {
        using var scene = new TranslationScene(isNat46: true);
        byte[] request = (Request(IpProtocol.Udp, 40) with { Between = OpenRoute }).Build();
        for (int round = 0; round < 2; round++)
        {
            scene.Put(request, vipSlot: 2);
            long before = GC.GetAllocatedBytesForCurrentThread();
            scene.Run();
            RejectAnswer answer = Answer(scene, Outcome.OpenRoute, null);
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
