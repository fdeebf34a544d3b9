using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>MAL-10: a packet with no hop left for the way to a pod is told to its client, as the client has sent it: traceroute works through a VIP.</summary>
public abstract class HopStories(HostFixture fixture) : RouterStory(fixture)
{
    [Theory]
    [Trait("Check", "MAL-10")]
    [ClassData(typeof(PortKinds))]
    public void APacketWithItsLastHopIsToldToItsClient(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080);
        byte[] known = FromClient(FlowTo(service, transport));
        AssertReachedPods([known], ClientsSend(known), family, 8080);
        byte[][] last = [.. new[] { 0, 1, 2 }.Select(client => FromClient(FlowTo(service, transport, client), PacketOptions.Plain with { TimeToLive = 1 }))];
        AssertTold(last, family, "no hop left", "reject: time exceeded", frame => IcmpContent.About(frame, TimeExceeded(family), 0));
        byte[] next = FromClient(FlowTo(service, transport), PacketOptions.Plain with { TimeToLive = 2 });
        AssertReachedPods([next], ClientsSend(next), family, 8080);
        Assert.Equal(1, SessionCount());
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void ThePacketToANodePortToo(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, 80, Cluster.Word(transport), options: "node_port 30080");
        Flow flow = FlowTo(service, transport, port: 30080);
        flow = flow with { Destination = new(Router(family), 30080) };
        byte[] last = FromClient(flow, PacketOptions.Plain with { TimeToLive = 1 });
        AssertTold([last], family, "no hop left", "reject: time exceeded", frame => IcmpContent.About(frame, TimeExceeded(family), 0));
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void PacketsOfAllHopsButTheLastReachTheirPods(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        byte[][] requests = [.. new byte[] { 2, 3, 64, 128, 254, 255 }.Select((hops, id) => FromClient(
            FlowTo(service, transport, id), PacketOptions.Plain with { TimeToLive = hops, Id = id }))];
        AssertReachedPods(requests, ClientsSend(requests), family);
    }

    /// <summary>This host is where such a packet goes, so it has arrived.</summary>
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void APingWithItsLastHopIsAnswered(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 80);
        byte[] ping = OddPackets.Echo(FromClient(FlowTo(service, Transport.Udp), PacketOptions.Plain with { TimeToLive = 1 }));
        Assert.Single(ClientsSend(ping).On(Lab.ClientSide));
    }

    /// <summary>The input nodes drop it before anything is looked up.</summary>
    [Theory]
    [Trait("Check", "MAL-10")]
    [ClassData(typeof(FlowKinds))]
    public void APacketWithoutAnyHopNeverArrives(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        byte[] none = FromClient(FlowTo(service, transport), PacketOptions.Plain with { TimeToLive = 0 });
        ErrorCounters before = ErrorCounters.Of(Host);
        Assert.Empty(ClientsSend(none).On(Lab.PodSide));
        Assert.Equal(0, SessionCount());
        if (Host is VppHost)
            Assert.DoesNotContain(ErrorCounters.Of(Host).Since(before), row => row.Key.StartsWith("kp", StringComparison.Ordinal));
    }
}

[Collection<VppAloneCollection>]
public sealed class HopsInVpp(VppAlone host) : HopStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class HopsInVppWithTwoWorkers(VppWithTwoWorkers host) : HopStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class HopsInTheEmbeddedHost(EmbeddedHost host) : HopStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class HopsInVppWithOneWorker(VppWithOneWorker host) : HopStories(host);
