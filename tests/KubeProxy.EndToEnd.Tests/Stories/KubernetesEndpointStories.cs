using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>
/// Which endpoints serve is decided by whoever configures: by readiness, by traffic policy, by termination. These stories
/// show that the data plane sends to the pods that were chosen, to no other, and when.
/// </summary>
public abstract class KubernetesEndpointStories(HostFixture fixture) : Story(fixture)
{
    private const int FlowCount = 64;
    private static readonly PacketOptions Opening = PacketOptions.Plain with { Syn = true };
    private int _clients;

    /// <summary>Not ready is "not added" at first and <c>weight 0</c> later, so that sessions stay; publishNotReadyAddresses is "added".</summary>
    [Theory]
    [Trait("case", "K8S-18")]
    [ClassData(typeof(FlowKinds))]
    public void AnUnreadyPodGetsNothingUntilItIsReadyOrPublishedAnyway(Family family, Transport transport)
    {
        (Pod ready, Pod late) = (new Pod(1), new Pod(2));
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: [ready]);
        Assert.Equal([ready], WhoServesNewFlows(service, transport));
        Cluster.AddPods(service, late);
        Assert.Equal([ready, late], WhoServesNewFlows(service, transport));
        Configure(service, late, "weight 0");
        Assert.Equal([ready], WhoServesNewFlows(service, transport));
        Configure(service, ready, "weight 0");
        AssertRefusesNewFlows(service, transport);
        Configure(service, late, "weight 1");
        Assert.Equal([late], WhoServesNewFlows(service, transport));
    }

    /// <summary>That the client is told so at once is shown by RejectStories and, with real sockets, by RealSocketStories. The last pods go by <c>del</c> (evicted) or are all unready.</summary>
    [Theory]
    [Trait("case", "K8S-20")]
    [ClassData(typeof(FlowKinds))]
    public void AServiceWhosePodsAreAllGoneRefusesNewFlows(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: Pod.First(2));
        Assert.Equal(Pod.First(2), WhoServesNewFlows(service, transport));
        Cluster.Remove(service, new Pod(1));
        Configure(service, new Pod(2), "weight 0");
        AssertRefusesNewFlows(service, transport);
        Cluster.Remove(service, new Pod(2));
        AssertRefusesNewFlows(service, transport);
    }

    /// <summary>Two services on the same pods: one for all of them, one for those of this node. Pod 1 is this node's.</summary>
    [Theory]
    [Trait("case", "K8S-21")]
    [ClassData(typeof(FlowKinds))]
    public void UnderALocalPolicyOnlyTheNodesOwnPodsServeAndWithoutThemNobodyDoes(Family family, Transport transport)
    {
        Pod local = new(1);
        Service everywhere = Cluster.Add(family, transport, 80, targetPort: 8080, pods: Pod.First(3));
        Service here = Cluster.Add(family, transport, 81, targetPort: 8080, pods: [local]);
        Assert.Equal(Pod.First(3), WhoServesNewFlows(everywhere, transport));
        Assert.Equal([local], WhoServesNewFlows(here, transport));
        Cluster.Remove(here, local);
        AssertRefusesNewFlows(here, transport);
        Assert.Equal(Pod.First(3), WhoServesNewFlows(everywhere, transport));
    }

    /// <summary>
    /// Terminating pods drain. While a ready pod is there they serve what they have and nothing new; when only they are left,
    /// new flows are refused, until whoever configures falls back to them by naming them again.
    /// </summary>
    [Theory]
    [Trait("case", "K8S-22")]
    [ClassData(typeof(FlowKinds))]
    public void TerminatingPodsKeepTheirFlowsAndServeNewOnesOnlyWhenTheyAreNamedAgain(Family family, Transport transport)
    {
        Pod[] terminating = [new Pod(1), new Pod(2)];
        Pod ready = new(3);
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: [.. terminating, ready]);
        Flow[] old = NewFlows(service, transport);
        IReadOnlyList<Pod> pods = Converse(service, old, Opening);
        foreach (Pod pod in terminating)
            Configure(service, pod, "drain");
        Assert.Equal([ready], WhoServesNewFlows(service, transport));
        Assert.Equal(pods, Converse(service, old));

        Configure(service, ready, "drain");
        AssertRefusesNewFlows(service, transport);
        Assert.Equal(pods, Converse(service, old));

        Cluster.AddPods(service, terminating);
        Assert.Equal(terminating, WhoServesNewFlows(service, transport));
        Assert.Equal(pods, Converse(service, old));

        Cluster.AddPods(service, new Pod(4));
        foreach (Pod pod in terminating)
            Configure(service, pod, "drain");
        Assert.Equal([new Pod(4)], WhoServesNewFlows(service, transport));
        Assert.Equal(pods, Converse(service, old));
    }

    private void Configure(Service service, Pod pod, string how) => Lab.Type($"ku pod {service.Key} {pod.Address(service.Family)} {how}");

    private Pod[] WhoServesNewFlows(Service service, Transport transport) =>
        [.. Converse(service, NewFlows(service, transport), Opening).Distinct().OrderBy(pod => pod.Number)];

    private void AssertRefusesNewFlows(Service service, Transport transport) =>
        AssertNobodyServes(FromClients(NewFlows(service, transport), Opening));

    private Flow[] NewFlows(Service service, Transport transport)
    {
        _clients += FlowCount;
        return [.. Enumerable.Range(_clients - FlowCount, FlowCount).Select(i => FlowTo(service, transport, i))];
    }
}

[Collection<VppAloneCollection>]
public sealed class KubernetesEndpointsInVpp(VppAlone host) : KubernetesEndpointStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class KubernetesEndpointsInVppWithOneWorker(VppWithOneWorker host) : KubernetesEndpointStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class KubernetesEndpointsInVppWithTwoWorkers(VppWithTwoWorkers host) : KubernetesEndpointStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class KubernetesEndpointsInTheEmbeddedHost(EmbeddedHost host) : KubernetesEndpointStories(host);
