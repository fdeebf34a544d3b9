using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>VPP's own tests of its load balancer, test_lb.py, with what they leave out: the source, checksums, payload, the answers.</summary>
public abstract class LbCaseStories(HostFixture fixture) : Story(fixture)
{
    private const int FlowCount = 100;
    private const int PodCount = 5;
    private const int Port = 20_000;
    private const int TargetPort = 3307;

    /// <summary>Every flow asks another address of the VIP's prefix. Packets are compared in full, so each byte but the translated ones is as it was.</summary>
    [Theory]
    [Trait("case", "test_lb_ip4_nat4_port")]
    [Trait("case", "test_lb_ip6_nat6_port")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AHundredFlowsToAPrefixShareFivePodsAndNoneGetsLessThanHalfItsShare(Family family)
    {
        (string prefix, string address) = family == Family.Ip4 ? ("90.0.0.0/8", "90.7.0.") : ("2003::/16", "2003:7::");
        Service service = Cluster.Add(family, Port, "udp", TargetPort, prefix, Pod.First(PodCount));
        Flow[] flows = [.. Enumerable.Range(0, FlowCount).Select(i => new Flow(
            Transport.Udp, Lab.Client(family, i), new IPEndPoint(IPAddress.Parse($"{address}{i}"), Port)))];
        IReadOnlyList<Pod> pods = Converse(service, flows);
        int[] shares = [.. Pod.First(PodCount).Select(pod => pods.Count(chosen => chosen == pod))];
        Assert.All(shares, share => Assert.InRange(share, FlowCount / (2 * PodCount), FlowCount));
        Assert.Equal(FlowCount, shares.Sum());
        Assert.Equal(FlowCount, SessionCount());
        AssertNobodyServes(FromClients(flows.Select(flow => flow with { Destination = new IPEndPoint(flow.Destination.Address, Port + 1) })), "unknown port");
    }
}

[Collection<VppAloneCollection>]
public sealed class LbCaseInVpp(VppAlone host) : LbCaseStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class LbCaseInVppWithOneWorker(VppWithOneWorker host) : LbCaseStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class LbCaseInVppWithTwoWorkers(VppWithTwoWorkers host) : LbCaseStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class LbCaseInTheEmbeddedHost(EmbeddedHost host) : LbCaseStories(host);
