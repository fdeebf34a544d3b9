using System.Globalization;
using System.Text.RegularExpressions;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>What an operator sees: traces and counters.</summary>
public abstract partial class ObservationStories(HostFixture fixture) : Story(fixture)
{
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void ATraceShowsServicePodSessionAndRewriteBothWays(Family family, Transport transport)
    {
        Pod pod = new(6);
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: [pod]);
        Flow flow = FlowTo(service, transport);
        byte[] request = FromClient(flow);
        string node = family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6";
        AssertTrace(Traced(() => ClientsSend(request)), node, "session new", $"{service.Vip} -> {pod.At(family, 8080)}");
        AssertTrace(Traced(() => ClientsSend(request)), node, "session hit", $"{service.Vip} -> {pod.At(family, 8080)}");
        byte[] answer = FromPod(pod, new Flow(transport, pod.At(family, 8080), flow.Source));
        string returnNode = family == Family.Ip4 ? "kp-nat4-in2out" : "kp-nat6-in2out";
        AssertTrace(Traced(() => PodsSend(answer)), returnNode, "session hit", $"{pod.At(family, 8080)} -> {service.Vip}");
        byte[] foreign = FromPod(pod, new Flow(transport, pod.At(family, 8081), flow.Source));
        Assert.Contains($"{returnNode}: no session", Traced(() => PodsSend(foreign)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ATraceOfADroppedPacketNamesTheReason(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 53);
        string node = family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6";
        byte[] gre = OddPackets.WithProtocol(FromClient(FlowTo(service, Transport.Udp)), 47);
        Assert.Contains($"{node}: drop: protocol not supported", Traced(() => ClientsSend(gre)), StringComparison.Ordinal);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void ATraceOfARefusedPacketNamesTheAnswerAndTheReason(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 53, pods: []);
        string refused = $"{(family == Family.Ip4 ? "kp4-nat4" : "kp6-nat6")}: reject: {(transport == Transport.Tcp ? "rst" : "port unreachable")}";
        string lookup = family == Family.Ip4 ? "ip4-lookup" : "ip6-lookup";
        foreach ((int port, string reason) in new[] { (53, "no pod"), (54, "unknown port") })
        {
            byte[] request = FromClient(FlowTo(service, transport, port: port));
            string trace = Traced(() => ClientsSend(request));
            Assert.Contains($"{refused} ({reason})", trace, StringComparison.Ordinal);
            Assert.Contains(lookup, trace[trace.IndexOf(refused, StringComparison.Ordinal)..], StringComparison.Ordinal);
        }
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void CountersPerServiceAndPerPodAreExact(Family family, Transport transport)
    {
        const int FlowCount = 1000;
        Service service = Cluster.Add(family, transport, 80, pods: []);
        IReadOnlyList<byte[]> requests = FromClients(Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, transport, i)));
        ClientsSend(requests);
        Cluster.AddPods(service, [.. Pod.First(4)]);
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, ClientsSend(requests), family);
        ClientsSend(requests);
        ClientsSend(requests);
        string text = Host.Cli($"show ku vip {service.Prefix} verbose");
        Assert.Equal(FlowCount, Count(text, "no-pod packets"));
        Assert.Equal(FlowCount, Count(text, "first-session packets"));
        Assert.Equal(2 * FlowCount, Count(text, "existing-session packets"));
        Assert.Equal(0, Count(text, "untracked packets"));
        int lengthBytes = requests[0].Length - IpView.EthernetLengthBytes;
        foreach (Pod pod in Pod.First(4))
        {
            int flows = pods.Count(chosen => chosen == pod);
            Assert.Equal((flows, 3 * flows, 3 * flows * lengthBytes), Row(text, $"{pod.Address(family)}"));
        }
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void EverySessionIsListedWithItsPod(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080);
        Flow[] flows = [.. Enumerable.Range(0, 300).Select(i => FlowTo(service, transport, i))];
        IReadOnlyList<byte[]> requests = FromClients(flows);
        IReadOnlyList<Pod> pods = AssertReachedPods(requests, ClientsSend(requests), family, 8080);
        string text = Host.Cli("show ku sessions limit 1000");
        Assert.Contains("300 shown of 300 sessions", text, StringComparison.Ordinal);
        string[][] rows = [.. text.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        for (int i = 0; i < flows.Length; i++)
        {
            string[] row = Assert.Single(rows, row => row.Contains($"{flows[i].Source}"));
            Assert.Contains($"{service.Vip}", row);
            Assert.Contains($"{pods[i].At(family, 8080)}", row);
        }

        Assert.Contains("10 shown of 300 sessions", Host.Cli("show ku sessions limit 10"), StringComparison.Ordinal);
    }

    /// <summary>Sixteen buckets hold few of the flows; the others are balanced by their hash alone, always alike.</summary>
    [Theory]
    [Trait("Check", "LIF-07")]
    [Trait("case", "test_session_limit_per_vrf")]
    [ClassData(typeof(FlowKinds))]
    public void AFullTableStillBalancesAndCountsWhatItCouldNotRemember(Family family, Transport transport)
    {
        const int FlowCount = 2000;
        Lab.Type("ku conf buckets 16");
        try
        {
            Service service = Cluster.Add(family, transport, 80);
            IReadOnlyList<byte[]> requests = FromClients(Enumerable.Range(0, FlowCount).Select(i => FlowTo(service, transport, i)));
            IReadOnlyList<Pod> pods = AssertReachedPods(requests, ClientsSend(requests), family);
            string text = Host.Cli($"show ku vip {service.Prefix} verbose");
            long remembered = Count(text, "first-session packets");
            Assert.InRange(remembered, 1, 16 * 8);
            Assert.Equal(FlowCount - remembered, Count(text, "untracked packets"));
            Assert.Equal(pods, AssertReachedPods(requests, ClientsSend(requests), family));
        }
        finally
        {
            Lab.Type("ku conf buckets-log2 16");
        }
    }

    private static void AssertTrace(string trace, string node, string session, string rewrite)
    {
        int start = trace.IndexOf($"{node}: ", StringComparison.Ordinal);
        Assert.True(start >= 0, $"{node} is not in the trace:\n{trace}");
        string own = trace[start..];
        foreach (string words in (string[])["service ", "pod ", session, rewrite])
            Assert.Contains(words, own, StringComparison.Ordinal);
    }

    private static long Count(string text, string name)
    {
        Match match = Regex.Match(text, $@"{name}\s+(\d+)");
        Assert.True(match.Success, $"no '{name}' in\n{text}");
        return long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Sessions, packets and bytes of a pod.</summary>
    private static (int Sessions, int Packets, int Bytes) Row(string text, string pod)
    {
        string line = Assert.Single(text.Split('\n'), line => line.TrimStart().StartsWith(pod + " ", StringComparison.Ordinal));
        int[] numbers = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^3..].Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        return (numbers[0], numbers[1], numbers[2]);
    }
}

[Collection<VppAloneCollection>]
public sealed class ObservationInVpp(VppAlone host) : ObservationStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class ObservationInVppWithOneWorker(VppWithOneWorker host) : ObservationStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class ObservationInVppWithTwoWorkers(VppWithTwoWorkers host) : ObservationStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class ObservationInTheEmbeddedHost(EmbeddedHost host) : ObservationStories(host);
