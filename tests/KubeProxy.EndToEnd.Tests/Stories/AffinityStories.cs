using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Services whose clients keep their pod.</summary>
public abstract class AffinityStories(HostFixture fixture) : Story(fixture)
{
    private const int ClientCount = 40;
    private const int FlowsOfEach = 25;

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void EveryFlowOfAClientReachesOnePodAndClientsSpread(Family family, Transport transport)
    {
        Service service = Sticky(family, transport);
        Pod[] podOfClient = PodOfEachClient(service, transport, firstPort: 20_000);
        Assert.Equal(4, podOfClient.Distinct().Count());
        Assert.Equal(podOfClient, PodOfEachClient(service, transport, firstPort: 30_000));
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void ClientsStayWhenAPodIsAddedAndLeaveTogetherWhenTheirsIsRemoved(Family family, Transport transport)
    {
        Service service = Sticky(family, transport, [.. Pod.First(3)]);
        Pod[] before = PodOfEachClient(service, transport, firstPort: 20_000);
        Cluster.AddPods(service, new Pod(4));
        Assert.Equal(before, PodOfEachClient(service, transport, firstPort: 30_000));
        Cluster.Remove(service, new Pod(1));
        Pod[] after = PodOfEachClient(service, transport, firstPort: 40_000);
        for (int i = 0; i < ClientCount; i++)
        {
            if (before[i] == new Pod(1)) Assert.NotEqual(new Pod(1), after[i]);
            else Assert.Equal(before[i], after[i]);
        }
    }

    [Fact]
    public void TheAffinityIsShownAndMustMatchWhenTheServiceIsDeleted()
    {
        Service service = Sticky(Family.Ip4, Transport.Tcp);
        Assert.Contains("new_len 1024 affinity 600\n", Host.Cli($"show ku vip {service.Prefix} verbose"), StringComparison.Ordinal);
        Assert.Contains("affinity 601 does not match", Host.Cli($"ku vip {service.Key} affinity 601 del"), StringComparison.Ordinal);
        Assert.Contains("affinity 600", Host.Cli($"show ku vip {service.Prefix} verbose"), StringComparison.Ordinal);
    }

    private Service Sticky(Family family, Transport transport, IReadOnlyList<Pod>? pods = null) =>
        Cluster.Add(family, 80, Cluster.Word(transport), pods: pods, options: "affinity 600");

    /// <summary>All clients send their flows' first packets; each client's must reach one pod.</summary>
    private Pod[] PodOfEachClient(Service service, Transport transport, int firstPort)
    {
        Flow[] flows = [.. Enumerable.Range(0, ClientCount * FlowsOfEach).Select(i => new Flow(
            transport, new IPEndPoint(Lab.Client(service.Family, i / FlowsOfEach).Address, firstPort + (i % FlowsOfEach)), service.Vip))];
        IReadOnlyList<byte[]> requests = FromClients(flows);
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, ClientsSend(requests), service.Family);
        return [.. Enumerable.Range(0, ClientCount).Select(client => Assert.Single(pods.Skip(client * FlowsOfEach).Take(FlowsOfEach).Distinct()))];
    }
}

[Collection<VppAloneCollection>]
public sealed class AffinityInVpp(VppAlone host) : AffinityStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class AffinityInVppWithTwoWorkers(VppWithTwoWorkers host) : AffinityStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class AffinityInTheEmbeddedHost(EmbeddedHost host) : AffinityStories(host);
