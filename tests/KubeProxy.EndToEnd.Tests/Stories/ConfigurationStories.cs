using System.Globalization;
using System.Text.RegularExpressions;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Weights, draining, idle times by kind, and what would loop: what commands do to the packets of new and old flows.</summary>
public abstract partial class ConfigurationStories(HostFixture fixture) : Story(fixture)
{
    private const int FlowCount = 400;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>How many flows have been opened.</summary>
    private readonly Dictionary<Transport, int> _opened = [];

    [Theory]
    [Trait("Defect", "D28")]
    [ClassData(typeof(FlowKinds))]
    public void APodsShareOfNewFlowsFollowsItsWeight(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: [new Pod(1)]);
        Lab.Type($"ku pod {service.Key} {new Pod(2).Address(family)} weight 3");
        IReadOnlyList<Pod> pods = Send(service, transport, 0, 4000);
        Assert.InRange(pods.Count(pod => pod == new Pod(2)), 2800, 3200);
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void APodOfWeight0KeepsItsSessionsAndGetsNoNewOnes(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: Pod.First(2));
        IReadOnlyList<Pod> before = Send(service, transport, 0, FlowCount);
        Lab.Type($"ku pod {service.Key} {new Pod(2).Address(family)} weight 0");
        Assert.Equal(before, Send(service, transport, 0, FlowCount));
        Assert.DoesNotContain(new Pod(2), Send(service, transport, FlowCount, FlowCount));
        Lab.Type($"ku pod {service.Key} {new Pod(2).Address(family)} weight 1");
        Assert.Contains(new Pod(2), Send(service, transport, 2 * FlowCount, FlowCount));
    }

    [Theory]
    [Trait("Defect", "D28")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void ADrainingPodKeepsItsTcpAndUdpSessionsUntilItsTimeHasPassed(Family family)
    {
        Service service = Cluster.Add(family, 80, protocol: null, pods: Pod.First(2));
        Pod leaving = new(2);
        IReadOnlyList<Pod>[] before = [Send(service, Transport.Tcp, 0, FlowCount), Send(service, Transport.Udp, 0, FlowCount)];
        Lab.Type($"ku pod {service.Key} {leaving.Address(family)} drain");
        Assert.Equal(before[0], Send(service, Transport.Tcp, 0, FlowCount));
        Assert.Equal(before[1], Send(service, Transport.Udp, 0, FlowCount));
        Assert.DoesNotContain(leaving, Send(service, Transport.Tcp, FlowCount, FlowCount));
        Assert.DoesNotContain(leaving, Send(service, Transport.Udp, FlowCount, FlowCount));
        Assert.Equal(before.Select(pods => pods.Count(pod => pod == leaving)), SessionsOfDrainingPods());
        Lab.Type($"ku pod {service.Key} {leaving.Address(family)} drain 1");
        Wait.Until(() => SessionsOfDrainingPods().Length == 0, Limit, () => $"the pod to be taken out: {Host.Cli("show ku")}");
        Assert.All(Send(service, Transport.Tcp, 0, FlowCount), pod => Assert.Equal(new Pod(1), pod));
        Assert.All(Send(service, Transport.Udp, 0, FlowCount), pod => Assert.Equal(new Pod(1), pod));
    }

    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void ADrainingPodThatIsNamedAgainServesNewFlowsAgain(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, pods: Pod.First(2));
        string pod = $"ku pod {service.Key} {new Pod(2).Address(family)}";
        Lab.Type($"{pod} drain 1000");
        Assert.DoesNotContain(new Pod(2), Send(service, transport, 0, FlowCount));
        Lab.Type(pod);
        Assert.Contains(new Pod(2), Send(service, transport, FlowCount, FlowCount));
        Assert.Empty(SessionsOfDrainingPods());
    }

    [Fact]
    public void ASessionWhoseTimeHasPassedDoesNotCountThoughNobodyHasSweptIt()
    {
        Service service = Cluster.Add(Family.Ip4, 80, protocol: null, pods: [new Pod(1)]);
        Lab.Type("ku conf timeout udp 2");
        try
        {
            Send(service, Transport.Tcp, 0, 10);
            Send(service, Transport.Udp, 0, 10);
            Lab.Type($"ku pod {service.Key} {new Pod(1).Address(Family.Ip4)} drain");
            Assert.Equal([10, 10], SessionsOfDrainingPods());
            Wait.Until(() => SessionsOfDrainingPods() is [10, 0], Limit, () => $"the UDP sessions to be over: {Host.Cli("show ku")}");
        }
        finally
        {
            Lab.Type("ku conf timeout default");
        }
    }

    [Theory]
    [Trait("Rel", "REL-16")]
    [Trait("Defect", "A-24")]
    [Trait("Check", "MAL-17")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AVipOverTheWayToAPodIsRefusedInBothOrders(Family family)
    {
        (string network, string pod) = family == Family.Ip4 ? ("10.68.0.0/16", "10.68.1.1") : ("fd68::/64", "fd68::11");
        string router = $"{new Pod(12).Address(family)}";
        Service service = Cluster.Add(family, Transport.Udp, 53, pods: []);
        string loop = $"{service.Vip.Address}";
        foreach (string hop in (string[])[$"{router} {Lab.PodSide}", loop])
        {
            Lab.Type($"ip route add {network} via {hop}");
            try
            {
                string printed = Host.Cli($"ku pod {service.Key} {pod}");
                Assert.Equal(hop == loop, printed.Contains("for ever", StringComparison.Ordinal));
                Assert.Equal(hop == loop, printed.Contains(pod, StringComparison.Ordinal) && printed.Contains(service.Prefix, StringComparison.Ordinal));
                string vip = Host.Cli($"ku vip {router} port 80");
                Assert.Equal(hop != loop, vip.Contains(router, StringComparison.Ordinal) && vip.Contains(pod, StringComparison.Ordinal));
                if (hop == loop)
                    continue;
                Lab.Type($"ku pod {service.Key} {pod} del");
            }
            finally
            {
                Host.Cli($"ku vip {router} del");
                Lab.Type($"ip route del {network} via {hop}");
            }
        }
    }

    /// <summary>The pod's route has two steps, and the second leads to the VIP that is to come.</summary>
    [Theory]
    [Trait("Rel", "REL-16")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AVipThatThePodsRouteWouldLeadToIsRefusedAndItsRouteIsAsBefore(Family family)
    {
        (string network, string pod, string vip, string far) = family == Family.Ip4
            ? ("10.69.0.0/16", "10.69.1.1", "10.70.0.9/32", "10.70.0.0/16") : ("fd69::/64", "fd69::11", "fd70::9/128", "fd70::/64");
        string step = vip[..vip.IndexOf('/', StringComparison.Ordinal)];
        Service service = Cluster.Add(family, Transport.Udp, 53, pods: []);
        Lab.Type($"ip route add {far} via {new Pod(12).Address(family)} {Lab.PodSide}");
        Lab.Type($"ip route add {network} via {step}");
        try
        {
            Lab.Type($"ku pod {service.Key} {pod}");
            string before = RoutingTable.Of(Host, family == Family.Ip6);
            string printed = Host.Cli($"ku vip {vip} port 80");
            Assert.Contains(vip, printed, StringComparison.Ordinal);
            Assert.Contains(pod, printed, StringComparison.Ordinal);
            Assert.Equal(before, RoutingTable.Of(Host, family == Family.Ip6));
            Lab.Type($"ku pod {service.Key} {pod} del");
        }
        finally
        {
            Lab.Type($"ip route del {network} via {step}");
            Lab.Type($"ip route del {far} via {new Pod(12).Address(family)} {Lab.PodSide}");
        }
    }

    private IReadOnlyList<Pod> Send(Service service, Transport transport, int first, int count)
    {
        bool isNew = first >= _opened.GetValueOrDefault(transport);
        if (isNew)
            _opened[transport] = first + count;
        IReadOnlyList<byte[]> requests = FromClients(
            Enumerable.Range(first, count).Select(i => FlowTo(service, transport, i)), PacketOptions.Plain with { Syn = isNew });
        return AssertReachedPods(requests, ClientsSend(requests), service.Family);
    }

    private int[] SessionsOfDrainingPods() => [.. Draining().Matches(Host.Cli("show ku"))
        .Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"^draining .*: (\d+) sessions", RegexOptions.Multiline)]
    private static partial Regex Draining();
}

[Collection<VppAloneCollection>]
public sealed class ConfigurationInVpp(VppAlone host) : ConfigurationStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class ConfigurationInVppWithOneWorker(VppWithOneWorker host) : ConfigurationStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class ConfigurationInVppWithTwoWorkers(VppWithTwoWorkers host) : ConfigurationStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class ConfigurationInTheEmbeddedHost(EmbeddedHost host) : ConfigurationStories(host);
