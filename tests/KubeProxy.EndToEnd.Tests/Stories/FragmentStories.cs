using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Datagrams and segments that arrive in fragments, both ways. Each fragment is compared in full.</summary>
public abstract class FragmentStories(HostFixture fixture) : FragmentStory(fixture)
{
    public static TheoryData<Family, Transport, Arrival> Arrivals { get; } =
        [.. from family in Enum.GetValues<Family>()
            from transport in Enum.GetValues<Transport>()
            from arrival in Enum.GetValues<Arrival>()
            select (family, transport, arrival)];

    private int LastWorker => Math.Max(0, Host.WorkerCount - 1);

    /// <summary>Without a packet before: the fragments themselves open the session.</summary>
    [Theory]
    [MemberData(nameof(Arrivals))]
    [Trait("case", "test_frag_in_order")]
    [Trait("case", "test_frag_out_of_order")]
    public void EveryFragmentReachesTheFlowsPodAndEveryFragmentOfItsAnswerLeavesWithTheVip(Family family, Transport transport, Arrival arrival)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(family, transport, 80, TargetPort, [pod]);
        Flow flow = FlowTo(service, transport);
        AssertForwarded(flow, pod, arrival);
        Assert.Equal(1, SessionCount());
        AssertReturned(flow, pod, arrival);
        Assert.Equal(1, SessionCount());
        Assert.Equal(pod, PodOf(service, flow));
    }

    /// <summary>A session stands already, of a pod among several; fragments arrive on this and on the other worker.</summary>
    [Theory]
    [MemberData(nameof(Arrivals))]
    public void FragmentsOnAnyWorkerGoWithTheFlowsSession(Family family, Transport transport, Arrival arrival)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort);
        foreach (int number in Enumerable.Range(0, 4))
        {
            Flow flow = FlowTo(service, transport, number);
            Pod pod = PodOf(service, flow);
            AssertForwarded(flow, pod, arrival, LastWorker);
            AssertReturned(flow, pod, arrival, LastWorker);
            AssertForwarded(flow, pod, arrival);
            AssertReturned(flow, pod, arrival);
        }
    }
}

[Collection<VppAloneCollection>]
public sealed class FragmentsInVpp(VppAlone host) : FragmentStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class FragmentsInVppWithOneWorker(VppWithOneWorker host) : FragmentStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class FragmentsInVppWithTwoWorkers(VppWithTwoWorkers host) : FragmentStories(host);
