using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Many services in one host.</summary>
public abstract class ScaleStories(HostFixture fixture) : Story(fixture)
{
    private const int Count = 3000;

    [Fact]
    public void ThreeThousandServicesAreEachServedAndGoWithoutATrace()
    {
        string pods = string.Join(' ', Pod.First(4).Select(pod => pod.Address(Family.Ip4)));
        Host.TypeAll([.. Enumerable.Range(0, Count).SelectMany<int, string>(i =>
            [$"ku vip {Vip(i)} port 80 protocol udp new_len 64", $"ku pod {Vip(i)} port 80 protocol udp {pods}"])]);
        Assert.Contains($"services        {Count}\n", Host.Cli("show ku"), StringComparison.Ordinal);
        Flow[] flows = [.. Enumerable.Range(0, Count).Select(i => new Flow(Transport.Udp, Lab.Client(Family.Ip4, i), IPEndPoint.Parse($"{Vip(i)}:80")))];
        IReadOnlyList<byte[]> requests = FromClients(flows);
        IReadOnlyList<Pod> reached = AssertReachedPods(requests, ClientsSend(requests), Family.Ip4);
        IReadOnlyList<byte[]> answers = Answers(flows, reached, Family.Ip4);
        AssertReachedClients(answers, PodsSend(answers), id => flows[id].Destination);
        Host.TypeAll([.. Enumerable.Range(0, Count).Select(i => $"ku vip {Vip(i)} port 80 protocol udp del")]);
        Assert.Equal("no VIPs", Host.Cli("show ku vips"));
        AssertNobodyServesThem(requests);
    }

    private void AssertNobodyServesThem(IReadOnlyList<byte[]> requests) => Assert.Empty(ClientsSend(requests).On(Lab.PodSide));

    private static string Vip(int number) => $"91.0.{number >> 8}.{number & 255}";
}

[Collection<VppAloneCollection>]
public sealed class ScaleInVpp(VppAlone host) : ScaleStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class ScaleInVppWithOneWorker(VppWithOneWorker host) : ScaleStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class ScaleInTheEmbeddedHost(EmbeddedHost host) : ScaleStories(host);

/// <summary>What a VPP is too small for. Each story has a VPP of its own.</summary>
public sealed class ScaleVppStories
{
    private const int PodsEach = 1000;

    /// <summary>VPP ends when its memory of counters is full.</summary>
    [Fact]
    [Trait("Check", "LIF-08")]
    public void PodsBeyondTheStatsSegmentAreRefusedAndVppGoesOn()
    {
        VppOptions options = new() { StatsSegmentSize = "6M" };
        string? missing = VppHost.Missing(options);
        Assert.SkipWhen(missing is not null, missing ?? "");
        using VppHost host = VppHost.Start(options);
        using Lab lab = new(host);
        int services = 0;
        string refused = "";
        for (; refused.Length == 0 && services < 200; services++)
        {
            lab.Type($"ku vip 90.0.0.{services} port 80 protocol tcp new_len 16");
            refused = Add(lab, services);
        }

        Assert.StartsWith("kube-proxy pod: no room for the counters of ", refused, StringComparison.Ordinal);
        Assert.Contains("start VPP with statseg { size ", refused, StringComparison.Ordinal);
        string before = host.Cli("show ku");
        Assert.Contains($"pods            {(services - 1) * PodsEach} active", before, StringComparison.Ordinal);
        Assert.Equal(refused, Add(lab, services - 1));
        Assert.Equal(before, host.Cli("show ku"));
        lab.Type($"ku vip 90.0.0.{services - 1} port 80 protocol tcp del");
        lab.Type("ku vip 90.0.0.0 port 80 protocol tcp del");
    }

    /// <summary>One way of two, and a way by another route, which changes without a word to the pod's own.</summary>
    [Fact]
    public void AVipIsRefusedWhicheverOfAPodsWaysItLiesInAndNotWhenTheWayHasGone()
    {
        VppOptions options = new();
        string? missing = VppHost.Missing(options);
        Assert.SkipWhen(missing is not null, missing ?? "");
        using VppHost host = VppHost.Start(options);
        using Lab lab = new(host);
        host.TypeAll(
        [
            "ip route add 10.3.0.0/16 via 10.2.0.2 pg1 via 10.2.0.3 pg1", "ip route add 10.5.0.0/16 via 10.2.0.9 pg1", "ip route add 10.4.0.0/16 via 10.5.0.1",
            "ku vip 90.0.0.1 port 80", "ku pod 90.0.0.1 10.3.0.1 10.4.0.1",
        ]);
        Assert.Contains("covers 10.2.0.3, through which pod 10.3.0.1 is reached", host.Cli("ku vip 10.2.0.3 port 80"), StringComparison.Ordinal);
        Assert.Contains("covers 10.2.0.2, through which pod 10.3.0.1 is reached", host.Cli("ku vip 10.2.0.2/31 port 80"), StringComparison.Ordinal);
        Assert.Contains("covers 10.2.0.9, through which pod 10.4.0.1 is reached", host.Cli("ku vip 10.2.0.9 port 80"), StringComparison.Ordinal);
        Assert.Contains("the route to pod 10.4.0.1 would lead to VIP 10.5.0.1/32", host.Cli("ku vip 10.5.0.1 port 80"), StringComparison.Ordinal);
        host.TypeAll(
        [
            "ip route del 10.3.0.0/16 via 10.2.0.3 pg1", "ip route add 10.5.0.0/16 via 10.2.0.10 pg1", "ip route del 10.5.0.0/16 via 10.2.0.9 pg1",
            "ku vip 10.2.0.3 port 80", "ku vip 10.2.0.9 port 80",
        ]);
        Assert.Contains("covers 10.2.0.10, through which pod 10.4.0.1 is reached", host.Cli("ku vip 10.2.0.10 port 80"), StringComparison.Ordinal);
        host.TypeAll(["ku pod 90.0.0.1 10.3.0.1 10.4.0.1 del", "ku vip 10.5.0.1 port 80", "ku vip 10.2.0.2 port 80"]);
    }

    /// <summary>Adds pods with addresses of their own to a service; answers what was printed.</summary>
    private static string Add(Lab lab, int service)
    {
        IEnumerable<string> pods = Enumerable.Range(0, PodsEach).Select(i => $"10.{100 + service}.{i >> 8}.{i & 255}");
        string printed = lab.Host.Cli($"ku pod 90.0.0.{service} port 80 protocol tcp {string.Join(' ', pods)}");
        return printed.StartsWith("note: ", StringComparison.Ordinal) ? "" : printed;
    }
}
