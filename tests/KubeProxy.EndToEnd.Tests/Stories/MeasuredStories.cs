using System.Diagnostics;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Figures of docs/reliability.md that take a whole host.</summary>
public abstract class MeasuredStories(HostFixture fixture) : Story(fixture)
{
    private const int FlowCount = 10_000;
    private const int PodCount = 10;
    private static readonly double[] Percentiles = [0.5, 0.99, 1];

    /// <summary>First the sessions are there, then they have been flushed, then, where the clock can be moved, they have timed out: the pods are the same.</summary>
    [Theory]
    [Trait("Rel", "REL-04")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void TenThousandFlowsReachTheirPodsAgainWhateverIsForgotten(Family family)
    {
        (Service service, Flow[] flows, IReadOnlyList<Pod> before) = Open(family);
        int moved = Moved(before, PodsOf(service, flows));
        Lab.Type("test kube-proxy flowtable flush");
        Assert.Equal(0, SessionCount());
        moved += Moved(before, PodsOf(service, flows));
        if (Host is VppHost)
        {
            TimeOut();
            moved += Moved(before, PodsOf(service, flows));
        }

        Figure.Is("REL-04", $"{moved} of {FlowCount} flows moved: sessions there, flushed{(Host is VppHost ? ", timed out" : "")}");
        Assert.Equal(0, moved);
    }

    [Theory]
    [Trait("Rel", "REL-05")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void OfTenThousandFlowsOnlyThoseOfTheRemovedPodMove(Family family)
    {
        (Service service, Flow[] flows, IReadOnlyList<Pod> before) = Open(family);
        Pod removed = new(4);
        Cluster.Remove(service, removed);
        IReadOnlyList<Pod> after = PodsOf(service, flows);
        int[] others = [.. Enumerable.Range(0, FlowCount).Where(i => before[i] != removed)];
        int moved = others.Count(i => before[i] != after[i]);
        Cluster.AddPods(service, removed);
        moved += Moved(after, PodsOf(service, flows));
        Figure.Is("REL-05", $"{moved} of {others.Length} flows of other pods moved when one of {PodCount} was removed, and none when it came back");
        Assert.Equal(0, moved);
        Assert.DoesNotContain(removed, after.Where((_, i) => flows[i].Transport == Transport.Udp));
    }

    /// <summary>
    /// A sender's pod is removed: the time from typing the line until the sender's next packet has been captured on its way to the other pod. Typing, the
    /// packet generator's start and the reading of the capture are in it, and whatever else the machine does: the gate is for the quickest, the figures are for all.
    /// </summary>
    [Fact]
    [Trait("Rel", "REL-08")]
    public void TheNextPacketAfterALineIsAtTheNewPod()
    {
        Service service = Cluster.Add(Family.Ip4, Transport.Udp, 53, pods: [new Pod(1)]);
        byte[] packet = FromClient(FlowTo(service, Transport.Udp));
        List<double> times = [];
        for (int round = 1; round <= 100; round++)
        {
            Pod next = new(1 + (round % 2));
            Cluster.AddPods(service, next);
            long start = Stopwatch.GetTimestamp();
            Cluster.Remove(service, new Pod(2 - (round % 2)));
            Assert.Equal([next], AssertReachedPods([packet], ClientsSend(packet), Family.Ip4));
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        double[] at = [.. Percentiles.Select(share => times[(int)Math.Ceiling(share * times.Count) - 1])];
        Figure.Is("REL-08", FormattableString.Invariant($"0 packets to the pod that is gone; line to capture: median {at[0]:F1} ms, 99 % {at[1]:F1} ms, most {at[2]:F1} ms"));
        Assert.InRange(times[0], 0, 100);
    }

    /// <summary>Short times, for VPP takes minutes over a clock that leaps by hours.</summary>
    private void TimeOut()
    {
        Lab.Type("ku conf timeout 20");
        LetPass(30);
        Wait.Until(() => SessionCount() == 0, TimeSpan.FromSeconds(20), "all sessions to have timed out");
        Lab.Type("ku conf timeout default");
    }

    private static int Moved(IReadOnlyList<Pod> before, IReadOnlyList<Pod> after) => before.Zip(after).Count(pods => pods.First != pods.Second);

    private (Service Service, Flow[] Flows, IReadOnlyList<Pod> Pods) Open(Family family)
    {
        Service service = Cluster.Add(family, 80, protocol: null, targetPort: 8080, pods: Pod.First(PodCount));
        Flow[] flows = [.. Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, i % 2 == 0 ? Transport.Tcp : Transport.Udp, i))];
        return (service, flows, PodsOf(service, flows, PacketOptions.Plain with { Syn = true }));
    }
}

[Collection<VppWithOneWorkerCollection>]
public sealed class MeasuredInVppWithOneWorker(VppWithOneWorker host) : MeasuredStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class MeasuredInTheEmbeddedHost(EmbeddedHost host) : MeasuredStories(host);
