using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Pods as clients of services that they serve themselves.</summary>
public abstract class HairpinStories(HostFixture fixture) : MasqueradeStory(fixture)
{
    [Theory]
    [Trait("Defect", "D28")]
    [Trait("Check", "U-3")]
    [Trait("Check", "T-4")]
    [ClassData(typeof(PortKinds))]
    [Trait("case", "K8S-24")]
    [Trait("case", "test_self_twice_nat_positive")]
    public void APodReachesItselfThroughItsServiceAndSeesTheVipAsItsClient(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: [new Pod(1)]);
        Flow[] flows = [.. Enumerable.Range(0, 20).Select(i => new Flow(transport, new Pod(1).At(family, 20_000 + i), service.Vip))];
        IReadOnlyList<byte[]> requests = [.. flows.Select((flow, id) => FromPod(new Pod(1), flow, PacketOptions.Plain with { Id = id, Syn = true }))];
        IReadOnlyList<SeenFlow> seen = AssertMasqueraded(flows, requests, PodsSend(requests), family, 8080, _ => service.Vip.Address);
        Assert.Equal(flows.Length, seen.Select(flow => flow.Source.Port).Distinct().Count());
        AssertAnswersReach(seen, Lab.PodSide, _ => Lab.To(new Pod(1)), PacketOptions.Plain with { Syn = true, Ack = true });
        Assert.Equal(seen, AssertMasqueraded(flows, requests, PodsSend(requests), family, 8080, _ => service.Vip.Address));
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void APodThatReachesItselfThroughANodePortSeesTheNodeAsItsClient(Family family, Transport transport)
    {
        Cluster.Add(family, 80, Cluster.Word(transport), targetPort: 8080, pods: [new Pod(1)], options: "node_port 30080");
        Flow flow = new(transport, new Pod(1).At(family, 20_000), new IPEndPoint(NodeAddress(family), 30080));
        byte[] request = FromPod(new Pod(1), flow, PacketOptions.Plain with { Syn = true });
        SeenFlow seen = Assert.Single(AssertMasqueraded([flow], [request], PodsSend(request), family, 8080, _ => NodeAddress(family)));
        AssertAnswersReach([seen], Lab.PodSide, _ => Lab.To(new Pod(1)), PacketOptions.Plain with { Syn = true, Ack = true });
    }

    /// <summary>Only who reaches itself is given another source.</summary>
    [Theory]
    [ClassData(typeof(PortKinds))]
    [Trait("case", "test_self_twice_nat_lb_positive")]
    [Trait("case", "test_self_twice_nat_lb_negative")]
    public void APodThatReachesAnotherPodOfTheServiceKeepsItsAddress(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: Pod.First(4));
        Flow[] flows = [.. Enumerable.Range(0, 100).Select(i => new Flow(transport, new Pod(1).At(family, 20_000 + i), service.Vip))];
        IReadOnlyList<byte[]> requests = [.. flows.Select((flow, id) => FromPod(new Pod(1), flow, PacketOptions.Plain with { Id = id, Syn = true }))];
        Capture capture = PodsSend(requests);
        HashSet<int> self = [.. capture.On(Lab.PodSide).Where(frame => new IpView(frame).Destination.Equals(new Pod(1).Address(family)))
            .Select(frame => PacketFactory.IdOf(frame)!.Value)];
        Assert.InRange(self.Count, 10, 40);
        IPAddress own = new Pod(1).Address(family);
        IReadOnlyList<SeenFlow> seen = AssertMasqueraded(flows, requests, capture, family, 8080, id => self.Contains(id) ? service.Vip.Address : own);
        Assert.All(seen.Where((_, id) => !self.Contains(id)), flow => Assert.Equal(flow.Client.Source, flow.Source));
        AssertAnswersReach(seen, Lab.PodSide, _ => Lab.To(new Pod(1)), PacketOptions.Plain with { Syn = true, Ack = true });
    }

    [Theory]
    [ClassData(typeof(PortKinds))]
    public void AFlowThatIsDeletedWithItsServiceLeavesNothingBehind(Family family, Transport transport)
    {
        for (int round = 0; round < 3; round++)
        {
            Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: [new Pod(1)]);
            Flow flow = new(transport, new Pod(1).At(family, 20_000), service.Vip);
            byte[] request = FromPod(new Pod(1), flow);
            SeenFlow seen = Assert.Single(AssertMasqueraded([flow], [request], PodsSend(request), family, 8080, _ => service.Vip.Address));
            AssertAnswersReach([seen], Lab.PodSide, _ => Lab.To(new Pod(1)));
            Cluster.Remove(service);
            Assert.Contains("0 shown of 0 sessions", Host.Cli("show ku sessions"), StringComparison.Ordinal);
        }
    }
}

[Collection<VppAloneCollection>]
public sealed class HairpinInVpp(VppAlone host) : HairpinStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class HairpinInVppWithOneWorker(VppWithOneWorker host) : HairpinStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class HairpinInVppWithTwoWorkers(VppWithTwoWorkers host) : HairpinStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class HairpinInTheEmbeddedHost(EmbeddedHost host) : HairpinStories(host);
