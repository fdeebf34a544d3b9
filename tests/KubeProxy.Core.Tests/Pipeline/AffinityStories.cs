using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Services with affinity: a client's new flows go where its last one went.</summary>
public sealed unsafe class AffinityStories
{
    private const uint Seconds = 100;
    private const int ClientCount = 40;
    private static readonly DataPathOptions TwoWorkers = new() { WorkerCount = 2, BucketCount = 1024, ReturnBucketCount = 2048 };

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void EveryFlowOfAClientReachesOnePodOnEveryWorker(IpFamily family, byte protocol)
    {
        using Topology site = Scene(family, protocol);
        var pods = new HashSet<uint>();
        for (int client = 1; client <= ClientCount; client++)
        {
            uint pod = Open(site, protocol, client, 1);
            pods.Add(pod);
            for (int port = 2; port < 20; port++) Assert.Equal(pod, Open(site, protocol, client, port, worker: port % 2));
        }

        Assert.Equal(Topology.PodCount, pods.Count);
        site.Path.Audit();
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void WithoutAffinityAClientsFlowsSpread(IpFamily family, byte protocol)
    {
        // Shows that the story above would notice.
        using var site = new Topology(family, TwoWorkers);
        Assert.True(Enumerable.Range(1, 100).Select(port => Open(site, protocol, 1, port)).Distinct().Count() > 1);
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ANewPodTakesNoClientAwayBeforeItsTimeIsOver(IpFamily family, byte protocol)
    {
        using Topology site = Scene(family, protocol, podCount: 3);
        uint[] before = [.. Clients.Select(client => Open(site, protocol, client, 1))];
        SetService(site, protocol, 4);
        site.Path.Pass(Seconds - 1);
        Assert.Equal(before, Clients.Select(client => Open(site, protocol, client, 2)));
        site.Path.Pass(Seconds + 1);
        Assert.Contains(site.Pods(protocol)[3], Clients.Select(client => Open(site, protocol, client, 3)));
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void EachNewFlowStartsTheTimeAnew(IpFamily family, byte protocol)
    {
        using Topology site = Scene(family, protocol, podCount: 3);
        uint[] before = [.. Clients.Select(client => Open(site, protocol, client, 1))];
        SetService(site, protocol, 4);
        for (int port = 2; port < 6; port++)
        {
            site.Path.Pass(Seconds - 10);
            Assert.Equal(before, Clients.Select(client => Open(site, protocol, client, port)));
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds.All), MemberType = typeof(FlowKinds))]
    public void ClientsOfAPodThatIsRemovedOrHeldBackGoToAnotherAndStayThere(IpFamily family, byte protocol)
    {
        using Topology site = Scene(family, protocol);
        uint[] before = [.. Clients.Select(client => Open(site, protocol, client, 1))];
        uint removed = site.Pods(protocol)[0];
        uint heldBack = site.Pods(protocol)[1];
        site.Path.SetState(removed, PodState.Removed);
        site.Path.Shared->Pods[heldBack].IsHeldBack = 1;
        site.Path.SetServiceWithAffinity(Seconds, 1, protocol, 80, Topology.ServiceOf(protocol), site.Pods(protocol)[2..]);
        uint[] after = [.. Clients.Select(client => Open(site, protocol, client, 2))];
        for (int i = 0; i < after.Length; i++)
        {
            if (before[i] == removed || before[i] == heldBack) Assert.Contains(after[i], site.Pods(protocol)[2..]);
            else Assert.Equal(before[i], after[i]);
        }

        Assert.Equal(after, Clients.Select(client => Open(site, protocol, client, 3)));
    }

    private static IEnumerable<int> Clients => Enumerable.Range(1, ClientCount);

    private static Topology Scene(IpFamily family, byte protocol, int podCount = Topology.PodCount)
    {
        var site = new Topology(family, TwoWorkers);
        SetService(site, protocol, podCount);
        return site;
    }

    private static void SetService(Topology site, byte protocol, int podCount) =>
        site.Path.SetServiceWithAffinity(Seconds, 1, protocol, 80, Topology.ServiceOf(protocol), site.Pods(protocol)[..podCount]);

    private static uint Open(Topology site, byte protocol, int client, int port, int worker = 0)
    {
        Verdict verdict = site.Path.Forward(site.Family, worker, site.Request(protocol, 10_000 + port, client: client))[0];
        Assert.Equal(Outcome.Translated, verdict.Outcome);
        return verdict.PodSlot;
    }
}
