using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

public abstract class ManyFlowsStories(HostFixture fixture) : Story(fixture)
{
    private const int FlowCount = 10_000;

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void TenThousandFlowsKeepTheirPodsAndShareThemEvenly(Family family, Transport transport)
    {
        Service web = Cluster.Add(family, transport, 80, targetPort: 8080);
        Service secure = Cluster.Add(family, transport, 443, targetPort: 8443);
        IReadOnlyList<Pod> webPods = Converse([.. Flows(web, transport)], family, 8080);
        IReadOnlyList<Pod> securePods = Converse([.. Flows(secure, transport)], family, 8443);
        AssertEven([.. webPods, .. securePods]);
    }

    /// <summary>Return traffic comes in on another worker than the forward traffic, where there is another.</summary>
    [Theory]
    [Trait("Check", "LIF-05")]
    [Trait("Rel", "REL-04")]
    [ClassData(typeof(PortKinds))]
    public void AnswersThatArriveOnAnotherWorkerFindTheirSessions(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        Flow[] flows = [.. Enumerable.Range(0, 2000).Select(i => FlowTo(service, transport, i))];
        IReadOnlyList<byte[]> requests = FromClients(flows);
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, Exchange(new Injection(Lab.ClientSide, requests, Worker: 0)), family);
        IReadOnlyList<byte[]> answers = Answers(flows, pods, family);
        int other = Math.Max(0, Host.WorkerCount - 1);
        AssertReachedClients(answers, Exchange(new Injection(Lab.PodSide, answers, other)), id => flows[id].Destination);
        AssertReachedClients(answers, Exchange(new Injection(Lab.PodSide, answers, Worker: 0)), id => flows[id].Destination);
    }

    /// <summary>Both directions and both workers at the same time, where there are two.</summary>
    [Theory]
    [Trait("Check", "LIF-05")]
    [ClassData(typeof(PortKinds))]
    public void BothWorkersAtOnceTranslateTheirOwnFlowsAndEachOthersAnswers(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80);
        Flow[] flows = [.. Enumerable.Range(0, 4000).Select(i => FlowTo(service, transport, i))];
        IReadOnlyList<byte[]> requests = FromClients(flows);
        IReadOnlyList<byte[]> even = [.. requests.Where((_, i) => i % 2 == 0)];
        IReadOnlyList<byte[]> odd = [.. requests.Where((_, i) => i % 2 == 1)];
        int other = Math.Max(0, Host.WorkerCount - 1);
        Capture opened = Host.Exchange(new Injection(Lab.ClientSide, even, Worker: 0), new Injection(Lab.ClientSide, odd, other));
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, opened, family);
        IReadOnlyList<byte[]> answers = Answers(flows, pods, family);
        Capture answered = Host.Exchange(
            new Injection(Lab.PodSide, [.. answers.Where((_, i) => i % 2 == 0)], other),
            new Injection(Lab.PodSide, [.. answers.Where((_, i) => i % 2 == 1)], Worker: 0));
        AssertReachedClients(answers, answered, id => flows[id].Destination);
    }

    private static IEnumerable<Flow> Flows(Service service, Transport transport) =>
        Enumerable.Range(0, FlowCount / 2).Select(i => FlowTo(service, transport, i));

    private IReadOnlyList<Pod> Converse(IReadOnlyList<Flow> flows, Family family, int targetPort)
    {
        IReadOnlyList<byte[]> requests = FromClients(flows);
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, ClientsSend(requests), family, targetPort);
        IReadOnlyList<byte[]> answers = Answers(flows, pods, family, targetPort);
        AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
        Assert.Equal(pods, AssertReachedPods(requests, ClientsSend(requests), family, targetPort));
        return pods;
    }

    private static void AssertEven(IReadOnlyList<Pod> chosen)
    {
        int[] shares = [.. chosen.GroupBy(pod => pod.Number).Select(group => group.Count())];
        Assert.Equal(4, shares.Length);
        double spread = (shares.Max() - shares.Min()) / shares.Average();
        Assert.True(spread < 0.10, $"the pods' shares differ by {spread:p1}: {string.Join(", ", shares)}");
    }
}

[Collection<VppAloneCollection>]
public sealed class ManyFlowsInVpp(VppAlone host) : ManyFlowsStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class ManyFlowsInVppWithOneWorker(VppWithOneWorker host) : ManyFlowsStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class ManyFlowsInVppWithTwoWorkers(VppWithTwoWorkers host) : ManyFlowsStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class ManyFlowsInTheEmbeddedHost(EmbeddedHost host) : ManyFlowsStories(host);
