using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Services whose clients keep their pod.</summary>
public abstract class AffinityStories(HostFixture fixture) : Story(fixture)
{
    private const int ClientCount = 40;
    private const int FlowsOfEach = 25;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private static readonly PacketOptions Opening = PacketOptions.Plain with { Syn = true };

    [Theory]
    [Trait("Defect", "D28")]
    [Trait("case", "K8S-06")]
    [Trait("case", "test_lb_ip4_l3dsr_src_ip_sticky")]
    [Trait("case", "test_cnat_fhc")]
    [ClassData(typeof(PortKinds))]
    public void EveryFlowOfAClientReachesOnePodAndClientsSpread(Family family, Transport transport)
    {
        Service service = Sticky(family, transport);
        Pod[] podOfClient = PodOfEachClient(service, transport, firstPort: 20_000);
        Assert.Equal(4, podOfClient.Distinct().Count());
        Assert.Equal(podOfClient, PodOfEachClient(service, transport, firstPort: 30_000));
    }

    [Theory]
    [ClassData(typeof(PortKinds))]
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

    /// <summary>Commands do not change a service that is there: switching is deleting and adding.</summary>
    [Theory]
    [Trait("case", "K8S-07")]
    [ClassData(typeof(FlowKinds))]
    public void WithoutAffinityAClientsFlowsSpreadAndWithItAgainTheyReachOnePod(Family family, Transport transport)
    {
        Service service = Sticky(family, transport);
        PodOfEachClient(service, transport, firstPort: 20_000);
        Cluster.Remove(service);
        service = Cluster.Add(family, transport, 80);
        Assert.All(PodsOfEachClient(service, transport, firstPort: 20_000), pods => Assert.Equal(4, pods.Length));
        Cluster.Remove(service);
        service = Sticky(family, transport);
        Pod[] again = PodOfEachClient(service, transport, firstPort: 20_000);
        Assert.Equal(again, PodOfEachClient(service, transport, firstPort: 30_000));
    }

    [Fact]
    [Trait("case", "K8S-19")]
    public void AClientIsForgottenWhenItsTimeHasPassedSinceItsLastNewFlow()
    {
        (Service Service, Transport Transport)[] services =
            [(Sticky(Family.Ip4, Transport.Tcp, seconds: 5), Transport.Tcp), (Sticky(Family.Ip6, Transport.Udp, seconds: 5), Transport.Udp)];
        Pod[][] before = [.. services.Select(each => PodOfEachClient(each.Service, each.Transport, firstPort: 20_000))];
        LetPass(seconds: 3);
        foreach ((int i, (Service service, Transport transport)) in services.Index())
            Assert.Equal(before[i][..(ClientCount / 2)], PodOfEachClient(service, transport, firstPort: 30_000, clients: ClientCount / 2));
        LetPass(seconds: 3);
        foreach ((int i, (Service service, Transport transport)) in services.Index())
        {
            Pod[] after = PodOfEachClient(service, transport, firstPort: 40_000);
            Assert.Equal(before[i][..(ClientCount / 2)], after[..(ClientCount / 2)]);
            int moved = before[i].Zip(after).Count(pair => pair.First != pair.Second);
            Assert.True(moved > ClientCount / 4, $"{moved} of {ClientCount / 2} clients that nobody remembers chose another pod");
        }
    }

    [Theory]
    [Trait("case", "test_lb_affinity")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AClientKeepsItsPodThoughItsSessionsAreOver(Family family)
    {
        Lab.Type("ku conf timeout 1");
        try
        {
            Service service = Sticky(family, Transport.Tcp);
            Pod[] before = PodOfEachClient(service, Transport.Tcp, firstPort: 20_000);
            Assert.Equal(ClientCount * FlowsOfEach, SessionCount());
            LetPass(seconds: 2);
            Wait.Until(() => SessionCount() == 0, Limit, "the sessions to be over");
            Assert.Equal(before, PodOfEachClient(service, Transport.Tcp, firstPort: 30_000));
        }
        finally
        {
            Lab.Type("ku conf timeout default");
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

    private Service Sticky(Family family, Transport transport, IReadOnlyList<Pod>? pods = null, int seconds = 600) =>
        Cluster.Add(family, 80, Cluster.Word(transport), pods: pods, options: $"affinity {seconds}");

    /// <summary>All clients open their flows; each client's must reach one pod.</summary>
    private Pod[] PodOfEachClient(Service service, Transport transport, int firstPort, int clients = ClientCount) =>
        [.. PodsOfEachClient(service, transport, firstPort, clients).Select(Assert.Single)];

    /// <summary>All clients open their flows: the pods of each client.</summary>
    private Pod[][] PodsOfEachClient(Service service, Transport transport, int firstPort, int clients = ClientCount)
    {
        Flow[] flows = [.. Enumerable.Range(0, clients * FlowsOfEach).Select(i => new Flow(
            transport, new IPEndPoint(Lab.Client(service.Family, i / FlowsOfEach).Address, firstPort + (i % FlowsOfEach)), service.Vip))];
        IReadOnlyList<Pod> pods = PodsOf(service, flows, Opening);
        return [.. Enumerable.Range(0, clients).Select(client => pods.Skip(client * FlowsOfEach).Take(FlowsOfEach).Distinct().ToArray())];
    }
}

[Collection<VppAloneCollection>]
public sealed class AffinityInVpp(VppAlone host) : AffinityStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class AffinityInVppWithOneWorker(VppWithOneWorker host) : AffinityStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class AffinityInVppWithTwoWorkers(VppWithTwoWorkers host) : AffinityStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class AffinityInTheEmbeddedHost(EmbeddedHost host) : AffinityStories(host);
