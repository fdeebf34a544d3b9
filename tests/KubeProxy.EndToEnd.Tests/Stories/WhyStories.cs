using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>What <c>show ku why</c> says about a packet is what becomes of it.</summary>
public abstract class WhyStories(HostFixture fixture) : Story(fixture)
{
    private const int Seed = 3;
    private const string Drop = "drop     ";
    private static readonly string[] Reasons = ["no pod", "unknown port"];

    /// <summary>Each question stops the workers, which takes milliseconds where they share two cores with everybody else.</summary>
    private int TupleCount => Host.WorkerCount == 0 ? 10_000 : 1000;

    /// <summary>
    /// Random clients, protocols, addresses and ports: several services on two addresses and on an alias of one, a prefix, ports
    /// without a service, a service without pods, pods of weight 0. Then pods drain, go and come, and all is asked again.
    /// </summary>
    [Fact]
    public void TheAnswerAgreesWithTheCapturedPacketForRandomTuples()
    {
        using WhyCluster ip4 = new(Cluster, Lab, Family.Ip4);
        using WhyCluster ip6 = new(Cluster, Lab, Family.Ip6);
        WhyCluster[] clusters = [ip4, ip6];
        var random = new Random(Seed);
        Flow[] flows = [.. Enumerable.Range(0, TupleCount).Select(number => clusters[random.Next(2)].RandomFlow(random, number))];
        IPEndPoint?[] pods = AssertAgrees(flows, hasSession: new bool[flows.Length]);
        foreach (WhyCluster cluster in clusters)
            cluster.Change();
        Flow[] fresh = [.. Enumerable.Range(TupleCount, TupleCount / 10).Select(number => clusters[random.Next(2)].RandomFlow(random, number))];
        AssertAgrees([.. flows, .. fresh], [.. flows.Zip(pods, WhyCluster.RemembersAfterChange), .. new bool[fresh.Length]]);
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

    /// <summary>
    /// Asks about a packet of each flow, then sends them all: what left for a pod left as was said, nothing else did, and the
    /// reasons of the others add up to what was counted. Tells the pods that the flows reached.
    /// </summary>
    private IPEndPoint?[] AssertAgrees(Flow[] flows, bool[] hasSession)
    {
        string[] answers = [.. flows.Select(Ask)];
        ErrorCounters before = ErrorCounters.Of(Host);
        Capture capture = ClientsSend([.. flows.Select((flow, id) => FromClient(flow, PacketOptions.Plain with { Id = id, Syn = !hasSession[id] }))]);
        IReadOnlyDictionary<string, long> counted = ErrorCounters.Of(Host).Since(before);
        Dictionary<int, IPEndPoint> reached = capture.On(Lab.PodSide).ToDictionary(
            frame => PacketFactory.IdOf(frame)!.Value, frame => new IpView(frame).Flow.Destination);
        for (int i = 0; i < flows.Length; i++)
        {
            string expected = reached.TryGetValue(i, out IPEndPoint? pod) ? $"rewrite  destination {flows[i].Destination} -> {pod}" : Drop;
            Assert.Contains(expected, answers[i], StringComparison.Ordinal);
            Assert.Contains(hasSession[i] ? "session  thread " : "session  none", answers[i], StringComparison.Ordinal);
        }

        AssertCounted(flows, answers, counted);
        return [.. Enumerable.Range(0, flows.Length).Select(reached.GetValueOrDefault)];
    }

    /// <summary>Flow by flow the reason is told by the answer; over all flows it is told by the counter.</summary>
    private static void AssertCounted(Flow[] flows, string[] answers, IReadOnlyDictionary<string, long> counted)
    {
        foreach (string node in (string[])["kp4-nat4", "kp6-nat6"])
        {
            ILookup<string, string> said = answers.Where((_, i) => flows[i].IsIp6 == (node == "kp6-nat6"))
                .Select(answer => answer.Split('\n')[^1]).Where(line => line.StartsWith(Drop, StringComparison.Ordinal)).ToLookup(line => line[Drop.Length..]);
            Assert.Equivalent(Reasons, said.Select(reason => reason.Key), strict: true);
            Assert.All(Reasons, reason => Assert.Equal(counted[$"{node}: {reason}"], said[reason].Count()));
        }
    }
}

[Collection<VppAloneCollection>]
public sealed class WhyInVpp(VppAlone host) : WhyStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class WhyInVppWithOneWorker(VppWithOneWorker host) : WhyStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class WhyInVppWithTwoWorkers(VppWithTwoWorkers host) : WhyStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class WhyInTheEmbeddedHost(EmbeddedHost host) : WhyStories(host);
