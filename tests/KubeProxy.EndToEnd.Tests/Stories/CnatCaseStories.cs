using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>VPP's own tests of cnat, test_cnat.py: three clients, two ports each, three services on one address.</summary>
public abstract class CnatCaseStories(HostFixture fixture) : Story(fixture)
{
    private const int ClientCount = 3;
    private const int FlowsOfEach = 2 * ClientCount;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private static readonly PacketOptions Opening = PacketOptions.Plain with { Syn = true };

    [Theory]
    [Trait("case", "test_cnat4")]
    [Trait("case", "test_cnat6")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ThreeServicesTranslateBothWaysTakeANewBackendAndForgetTheirSessionsWithTime(Family family)
    {
        (Service Service, Transport Transport, Pod Pod)[] all = [.. Three(family)];
        foreach ((Service service, Transport transport, Pod pod) in all)
        {
            Assert.All(Converse(service, Flows(service, transport), Opening), chosen => Assert.Equal(pod, chosen));
            AssertNobodyServes(FromClients(Flows(service, transport).Select(flow => To(flow, port: 1))), "unknown port");
            byte[] foreign = FromPod(pod, new Flow(transport, pod.At(family, 9), Lab.Client(family, 0)));
            AssertSame(Expect.Forwarded(foreign, Lab.ToClients), Assert.Single(PodsSend(foreign).On(Lab.ClientSide)));
        }

        Pod next = new(7);
        foreach ((Service service, Transport transport, Pod pod) in all)
        {
            Cluster.AddPods(service, next);
            Cluster.Remove(service, pod);
            Assert.All(Converse(service, Flows(service, transport, first: 10), Opening), chosen => Assert.Equal(next, chosen));
        }

        AssertForgottenWithTime();
    }

    /// <summary>The VIP hangs in the FIB in both of VPP's cases.</summary>
    [Theory]
    [Trait("case", "test_delete_translation")]
    [Trait("case", "test_fib_delete_translation")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ADeletedServicesSessionsAreGoneAtOnceAndNoOthers(Family family)
    {
        List<(Service Service, Transport Transport, Pod Pod)> left = [.. Three(family)];
        foreach ((Service service, Transport transport, _) in left)
            Converse(service, Flows(service, transport), Opening);
        while (left.Count > 0)
        {
            Assert.Equal(left.Count * FlowsOfEach, SessionCount());
            Cluster.Remove(left[0].Service);
            left.RemoveAt(0);
            Assert.Equal(left.Count * FlowsOfEach, SessionCount());
            foreach ((Service service, Transport transport, Pod pod) in left)
                Assert.All(Converse(service, Flows(service, transport)), chosen => Assert.Equal(pod, chosen));
        }
    }

    /// <summary>TCP sessions would drain: <c>drain 0</c> ends them with the command.</summary>
    [Theory]
    [Trait("case", "test_update_translation")]
    [Trait("case", "test_fib_update_translation")]
    [ClassData(typeof(FlowKinds))]
    public void AReplacedPodsSessionsAreGoneAtOnceAndAllOthersKept(Family family, Transport transport)
    {
        (Pod old, Pod next) = (new Pod(2), new Pod(7));
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: Pod.First(3));
        Flow[] flows = [.. Enumerable.Range(0, 60).Select(i => FlowTo(service, transport, i))];
        IReadOnlyList<Pod> before = Converse(service, flows, Opening);
        Cluster.AddPods(service, next);
        Lab.Type($"ku pod {service.Key} {old.Address(family)} del{(transport == Transport.Tcp ? " drain 0" : "")}");
        Assert.Equal(before.Count(pod => pod != old), SessionCount());
        IReadOnlyList<Pod> after = Converse(service, flows, Opening);
        Assert.Equal(flows.Length, SessionCount());
        Assert.DoesNotContain(old, after);
        Assert.All(before.Zip(after).Where(pair => pair.First != old), pair => Assert.Equal(pair.First, pair.Second));
    }

    private static Flow[] Flows(Service service, Transport transport, int first = 0) =>
        [.. Enumerable.Range(first, FlowsOfEach).Select(i => new Flow(
            transport, new IPEndPoint(Lab.Client(service.Family, i % ClientCount).Address, 20_000 + i), service.Vip))];

    private static Flow To(Flow flow, int port) => flow with { Destination = new IPEndPoint(flow.Destination.Address, port) };

    /// <summary>Two over TCP, one over UDP, a pod each.</summary>
    private IEnumerable<(Service Service, Transport Transport, Pod Pod)> Three(Family family)
    {
        int[] ports = [80, 443, 53];
        foreach ((int i, int port) in ports.Index())
        {
            Transport transport = port == 53 ? Transport.Udp : Transport.Tcp;
            Pod pod = new(i + 1);
            yield return (Cluster.Add(family, transport, port, targetPort: 8000 + port, pods: [pod]), transport, pod);
        }
    }

    private void AssertForgottenWithTime()
    {
        Lab.Type("ku conf timeout 1");
        try
        {
            LetPass(seconds: 2);
            Wait.Until(() => SessionCount() == 0, Limit, () => $"all sessions to be over: {Host.Cli("show ku sessions")}");
        }
        finally
        {
            Lab.Type("ku conf timeout default");
        }
    }
}

[Collection<VppAloneCollection>]
public sealed class CnatCaseInVpp(VppAlone host) : CnatCaseStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class CnatCaseInVppWithOneWorker(VppWithOneWorker host) : CnatCaseStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class CnatCaseInVppWithTwoWorkers(VppWithTwoWorkers host) : CnatCaseStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class CnatCaseInTheEmbeddedHost(EmbeddedHost host) : CnatCaseStories(host);
