using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>What <c>show ku why</c> says about a packet is what becomes of it.</summary>
public abstract class WhyStories(HostFixture fixture) : Story(fixture)
{
    /// <summary>Four kinds of flow, so 10,000 tuples in all. Each question stops the workers: fewer where two share two cores with the rest.</summary>
    private int TupleCount => Host.WorkerCount < 2 ? 2500 : 100;

    private const int Seed = 3;
    private static readonly int[] Ports = [80, 81, 443, 9];

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void TheAnswerAgreesWithTheCapturedPacketForRandomTuples(Family family, Transport transport)
    {
        Service web = Cluster.Add(family, transport, 80, targetPort: 8080);
        Cluster.Add(family, transport, 81, pods: []);
        Cluster.Add(family, transport, 443, pods: [new Pod(2), new Pod(5)]);
        var random = new Random(Seed);
        Flow[] flows = [.. Enumerable.Range(0, TupleCount).Select(_ => FlowTo(web, transport, random.Next(20_000), Ports[random.Next(Ports.Length)])).Distinct()];
        string[] before = [.. flows.Select(Ask)];
        IReadOnlyList<byte[]> requests = FromClients(flows, PacketOptions.Plain);
        AssertAgrees(flows, before, ClientsSend(requests), "session  none");
        string[] after = [.. flows.Select(Ask)];
        AssertAgrees(flows, after, ClientsSend(requests), "session  thread ");
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void AskingRemembersAndCountsNothing(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        string before = Host.Cli($"show ku vip {service.Prefix} verbose");
        foreach (Flow flow in Enumerable.Range(0, 100).Select(i => FlowTo(service, transport, i))) Assert.Contains("rewrite", Ask(flow), StringComparison.Ordinal);
        Assert.Equal(before, Host.Cli($"show ku vip {service.Prefix} verbose"));
        Assert.Contains("0 shown of 0 sessions", Host.Cli("show ku sessions"), StringComparison.Ordinal);
    }

    private string Ask(Flow flow)
    {
        IPEndPoint from = flow.Source;
        IPEndPoint to = flow.Destination;
        return Host.Cli($"show ku why {Cluster.Word(flow.Transport)} {from.Address} {from.Port} {to.Address} {to.Port}");
    }

    /// <summary>A packet that left for a pod left as the answer says; one that did not was to be dropped.</summary>
    private static void AssertAgrees(Flow[] flows, string[] answers, Capture capture, string session)
    {
        Dictionary<int, IPEndPoint> reached = capture.On(Lab.PodSide).ToDictionary(
            frame => PacketFactory.IdOf(frame)!.Value, frame => new IpView(frame).Flow.Destination);
        for (int i = 0; i < flows.Length; i++)
        {
            string expected = reached.TryGetValue(i, out IPEndPoint? pod) ? $"rewrite  destination {flows[i].Destination} -> {pod}" : "drop     ";
            Assert.Contains(expected, answers[i], StringComparison.Ordinal);
            Assert.Contains(pod is null ? "session  none" : session, answers[i], StringComparison.Ordinal);
        }
    }
}

[Collection<VppAloneCollection>]
public sealed class WhyInVpp(VppAlone host) : WhyStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class WhyInVppWithTwoWorkers(VppWithTwoWorkers host) : WhyStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class WhyInTheEmbeddedHost(EmbeddedHost host) : WhyStories(host);
