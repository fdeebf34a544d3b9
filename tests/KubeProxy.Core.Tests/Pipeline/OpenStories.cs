using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Several packets of one new flow in one frame: however the first has opened its session, the others find that one.</summary>
public sealed unsafe class OpenStories
{
    public static TheoryData<IpFamily> Families => [IpFamily.Ip4, IpFamily.Ip6];

    [Theory]
    [InlineData(IpFamily.Ip4, 1024, 100)]
    [InlineData(IpFamily.Ip6, 1024, 100)]
    [InlineData(IpFamily.Ip4, 8, 24)]
    [InlineData(IpFamily.Ip6, 8, 24)]
    public void ASynBehindDataOfARecoveredConnectionIsForThePodThatTheEarlierTableNamed(IpFamily family, uint buckets, int flows)
    {
        using var site = new Topology(family, new DataPathOptions { BucketCount = buckets, ReturnBucketCount = 1024 });
        site.Path.SetServiceAfter([site.TcpPods[..1]], 1, IpProtocol.Tcp, 80, Topology.TcpService, site.TcpPods);
        for (int port = 1; port <= flows; port++)
        {
            PacketSpec request = site.Request(IpProtocol.Tcp, port);
            Verdict[] verdicts = site.Forward(request with { TcpFlags = PacketSpec.Ack }, request with { TcpFlags = PacketSpec.Syn });
            Assert.Equal((site.TcpPods[0], SessionUse.First), (verdicts[0].PodSlot, verdicts[0].Session));
            Assert.Equal((site.TcpPods[0], SessionUse.Existing), (verdicts[1].PodSlot, verdicts[1].Session));
        }

        Assert.Equal((uint)flows, LiveCount(site));
        Assert.Equal(buckets == 8, DisplacedCount(site) > 0);
        site.Path.Audit();
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AFlowWhoseFirstBucketGetsRoomAfterItWentToItsSecondIsNotOpenedTwice(IpFamily family)
    {
        uint displaced = 0;
        for (int port = 1; port <= 60; port++)
        {
            // Connections that are closing, of pods that are removed: their clients' SYNs find no pod and leave their places empty.
            using var site = new Topology(family, new DataPathOptions { BucketCount = 8 });
            site.Path.SetServiceAfter([site.TcpPods[..1]], 1, IpProtocol.Tcp, 80, Topology.TcpService, site.TcpPods);
            PacketSpec[] old = [.. Enumerable.Range(1, 20).Select(client =>
                site.Request(IpProtocol.Tcp, 500, client: client) with { To = Site.Vip(family, 2, 80) })];
            foreach (PacketSpec request in old) _ = site.Forward(ToSecond(request), ToSecond(request with { TcpFlags = PacketSpec.Rst }));
            foreach (uint pod in site.PrefixPods) site.Path.SetState(pod, PodState.Removed);
            site.Path.SetService(2, IpProtocol.Any, 0, Topology.PrefixService);
            uint before = DisplacedCount(site);

            // The first packet's pod is that of an earlier table; the last one would get the current table's.
            PacketSpec flow = site.Request(IpProtocol.Tcp, port);
            IEnumerable<TestPacket> between = old.Select(request => ToSecond(request with { TcpFlags = PacketSpec.Syn }));
            Verdict[] verdicts = site.Forward([flow with { TcpFlags = PacketSpec.Ack }, .. between, flow with { TcpFlags = PacketSpec.Syn }]);
            displaced += DisplacedCount(site) - before;
            Assert.Equal((SessionUse.First, SessionUse.Existing), (verdicts[0].Session, verdicts[^1].Session));
            Assert.Equal(1u, LiveCount(site));
            site.Path.Audit();
        }

        Assert.True(displaced > 0, "every flow had room in its first bucket");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void TwoPacketsOfAFlowWhoseFirstBucketIsFullHaveOneSession(IpFamily family)
    {
        using var site = new Topology(family, new DataPathOptions { BucketCount = 8, ReturnBucketCount = 64 });
        PacketSpec[] flows = [.. Enumerable.Range(1, 24).Select(port => site.Request(IpProtocol.Udp, port))];
        Verdict[] verdicts = site.Forward([.. flows.SelectMany<PacketSpec, TestPacket>(flow => [flow, flow])]);
        for (int i = 0; i < flows.Length; i++)
        {
            Assert.Equal((SessionUse.First, SessionUse.Existing), (verdicts[2 * i].Session, verdicts[(2 * i) + 1].Session));
            Assert.Equal(verdicts[2 * i].PodSlot, verdicts[(2 * i) + 1].PodSlot);
        }

        Assert.Equal(24u, LiveCount(site));
        Assert.True(DisplacedCount(site) > 0, "every flow had room in its first bucket");
        site.Path.Audit();
    }

    private static TestPacket ToSecond(PacketSpec request) => new(request.Build(), VipSlot: 2);

    private static uint LiveCount(Topology site) =>
        site.Family == IpFamily.Ip4 ? site.Path.Worker()->Sessions4.LiveCount : site.Path.Worker()->Sessions6.LiveCount;

    private static uint DisplacedCount(Topology site) =>
        site.Family == IpFamily.Ip4 ? site.Path.Worker()->Sessions4.DisplacedCount : site.Path.Worker()->Sessions6.DisplacedCount;
}
