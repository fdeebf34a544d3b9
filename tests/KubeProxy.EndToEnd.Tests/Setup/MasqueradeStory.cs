using System.Net;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>A masqueraded flow as its pod saw it.</summary>
public sealed record SeenFlow(Flow Client, Pod Pod, IPEndPoint PodEnd, IPEndPoint Source);

/// <summary>What stories of masquerading are told with: pods that see the host's own address on their side.</summary>
public abstract class MasqueradeStory(HostFixture fixture) : Story(fixture)
{
    /// <summary>The worker that the answers arrive on: another one than the requests', where there is one.</summary>
    protected int OtherWorker => Math.Max(0, Host.WorkerCount - 1);

    protected static IPAddress NodeAddress(Family family) => IPAddress.Parse(family == Family.Ip4 ? "10.2.0.1" : "fd02::1");

    /// <summary>Every request left once for a pod, byte for byte with this source address and a source port; answers how each was seen.</summary>
    protected IReadOnlyList<SeenFlow> AssertMasqueraded(
        IReadOnlyList<Flow> flows, IReadOnlyList<byte[]> requests, Capture capture, Family family, int targetPort, Func<int, IPAddress> sourceOf)
    {
        ArgumentNullException.ThrowIfNull(flows);
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(capture);
        ArgumentNullException.ThrowIfNull(sourceOf);
        Dictionary<IPAddress, Pod> pods = Pod.First(Pod.Count).ToDictionary(pod => pod.Address(family));
        Dictionary<int, byte[]> left = capture.On(Lab.PodSide).ToDictionary(frame => PacketFactory.IdOf(frame)!.Value);
        Assert.Equal(requests.Count, capture.Count);
        return [.. Enumerable.Range(0, requests.Count).Select(id =>
        {
            Flow seen = new IpView(left[id]).Flow;
            Pod pod = pods[seen.Destination.Address];
            var flow = new SeenFlow(flows[id], pod, pod.At(family, targetPort), new IPEndPoint(sourceOf(id), seen.Source.Port));
            AssertSame(Expect.BothEnds(requests[id], Lab.To(pod), flow.Source, flow.PodEnd), left[id]);
            return flow;
        })];
    }

    /// <summary>The pods answer to what they saw; every answer leaves on this side for its client, from the address that the client used.</summary>
    protected void AssertAnswersReach(IReadOnlyList<SeenFlow> flows, string side, Func<int, Link> linkOf, PacketOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(flows);
        ArgumentNullException.ThrowIfNull(linkOf);
        IReadOnlyList<byte[]> answers = [.. flows.Select((flow, id) => FromPod(
            flow.Pod, new Flow(flow.Client.Transport, flow.PodEnd, flow.Source), (options ?? PacketOptions.Plain) with { Id = id }))];
        Capture capture = Exchange(new Injection(Lab.PodSide, answers, OtherWorker));
        Dictionary<int, byte[]> left = capture.On(side).ToDictionary(frame => PacketFactory.IdOf(frame)!.Value);
        Assert.Equal(answers.Count, capture.Count);
        for (int id = 0; id < answers.Count; id++)
            AssertSame(Expect.BothEnds(answers[id], linkOf(id), flows[id].Client.Destination, flows[id].Client.Source), left[id]);
    }
}
