using System.Net;
using KubeProxy.Oracle;
using KubeProxy.Properties.Tests.Duel;
using KubeProxy.Properties.Tests.Generators;
using Xunit;

namespace KubeProxy.Properties.Tests;

/// <summary>A pod that drains gets no new flows, of clients that used it last neither.</summary>
public sealed class DrainWithAffinityTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(50)]
    public void AClientThatIsRememberedIsNotSentToAPodThatDrains(int? seconds)
    {
        using var routers = new TwoRouters();
        var vip = new PlainVip(IPNetwork.Parse("10.96.0.4/32"));
        PlainService service = routers.AddService(vip, new ServiceSpec(IpProtocol.Udp, 53, 5353) { AffinitySeconds = 100 });
        for (int pod = 0; pod < World.PodCount; pod++) routers.AddPod(service, World.Pod(ip6: false, pod));
        var judge = new Judge(routers);
        PlainPod first = judge.Forward(Query(40_000))!.Pod!;
        for (int port = 40_001; port < 40_010; port++) Assert.Equal(first, judge.Forward(Query(port))!.Pod);
        routers.Drain(first, seconds);
        Assert.Equal(first, judge.Forward(Query(40_000))!.Pod);
        for (int port = 40_010; port < 40_020; port++) Assert.NotEqual(first, judge.Forward(Query(port))!.Pod);
    }

    private static byte[] Query(int port)
    {
        var ends = new Ends(IPAddress.Parse("192.0.2.1"), port, IPAddress.Parse("10.96.0.4"), 53);
        for (int seed = 0; ; seed++)
        {
            byte[] packet = PacketMaker.Make(new Random(seed), ends, IpProtocol.Udp);
            if (new PlainPacket(packet) is { Shape: Shape.Whole, Hops: 64 }) return packet;
        }
    }
}
