using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// A random history of clients, addresses of a prefix and protocols against a dictionary: a flow keeps its pod, an answer
/// leaves with the address of the one flow that it can belong to, and what belongs to none passes.
/// </summary>
public sealed class OtherModelTests
{
    private const int Steps = 4000;
    private const int Clients = 12;
    private const int Addresses = 2;
    private static readonly byte[] Some = [OtherScene.Gre, OtherScene.Esp, IpProtocol.UdpLite, IpProtocol.Dccp, 2, 255];

    private readonly record struct Flow(byte Protocol, int Client, int Vip);

    [Theory]
    [InlineData(IpFamily.Ip4, 1)]
    [InlineData(IpFamily.Ip4, 2)]
    [InlineData(IpFamily.Ip6, 1)]
    [InlineData(IpFamily.Ip6, 2)]
    public void AFlowKeepsItsPodAndItsAnswersTheirAddress(IpFamily family, int seed)
    {
        using var scene = new OtherScene(family, new DataPathOptions { BucketCount = 512, ReturnBucketCount = 512, WorkerCount = 2 });
        var random = new Random(seed);
        var pods = new Dictionary<Flow, uint>();
        byte[] protocols = [.. Some, family == IpFamily.Ip4 ? IpProtocol.Icmp : IpProtocol.Icmp6];
        for (int step = 0; step < Steps; step++)
        {
            var flow = new Flow(protocols[random.Next(protocols.Length)], random.Next(1, Clients + 1), random.Next(1, Addresses + 1));
            if (random.Next(2) == 0) Send(scene, flow, pods, random.Next());
            else Answer(scene, flow, pods, scene.Site.PrefixPods[random.Next(Topology.PodCount)], worker: random.Next(2));
        }

        Assert.Equal(protocols.Length * Clients * Addresses, pods.Count);
    }

    private static void Send(OtherScene scene, Flow flow, Dictionary<Flow, uint> pods, int seed)
    {
        Verdict verdict = scene.Send(scene.Request(flow.Protocol, flow.Client, flow.Vip) with { Seed = seed });
        Assert.Equal(pods.ContainsKey(flow) ? SessionUse.Existing : SessionUse.First, verdict.Session);
        if (!pods.TryAdd(flow, verdict.PodSlot)) Assert.Equal(pods[flow], verdict.PodSlot);
    }

    /// <summary>A pod sends to a client: that is an answer if some flow of the two has this protocol.</summary>
    private static void Answer(OtherScene scene, Flow flow, Dictionary<Flow, uint> pods, uint podSlot, int worker)
    {
        PacketSpec answer = scene.Answer(flow.Protocol, podSlot, flow.Client);
        Flow[] owners = [.. pods.Where(pair => pair.Value == podSlot && pair.Key with { Vip = 0 } == flow with { Vip = 0 }).Select(pair => pair.Key)];
        Assert.InRange(owners.Length, 0, 1);
        if (owners.Length == 0) scene.AssertPasses(answer.Build());
        else scene.AssertAnswers(answer, scene.Request(flow.Protocol, flow.Client, owners[0].Vip), worker);
    }
}
