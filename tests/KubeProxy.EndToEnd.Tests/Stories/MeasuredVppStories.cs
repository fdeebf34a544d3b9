using System.Diagnostics;
using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Figures of docs/reliability.md about a VPP with a thousand services. Each story has a VPP of its own.</summary>
public sealed class MeasuredVppStories
{
    private const int ServiceCount = 1000;
    private const int PodsEach = 10;
    private const int ManyPods = 1000;

    /// <summary>On a machine that others use too a thread may be stopped at any time: what a line itself takes is the least of some times.</summary>
    private const int Rounds = 3;

    /// <summary>A service of a thousand pods among a thousand services: how long a line holds the workers, as VPP's event log tells.</summary>
    [Fact]
    [Trait("Rel", "REL-10")]
    public void NoLineHoldsTheWorkersForLongAmongAThousandServices()
    {
        using VppHost host = Start(1);
        using Lab lab = new(host);
        host.TypeAll([.. Services()]);
        string many = string.Join(' ', Enumerable.Range(0, ManyPods).Select(i => $"10.2.{16 + (i >> 8)}.{i & 255}"));
        string[] lines =
        [
            "ku vip 92.0.0.1/32 port 80 protocol tcp new_len 65536", $"ku pod 92.0.0.1/32 {many}", "ku pod 92.0.0.1/32 10.2.30.1", "ku pod 92.0.0.1/32 10.2.30.1 del",
            "ku pod 92.0.0.1/32 10.2.16.7 weight 9", "ku pod 92.0.0.1/32 10.2.16.7 drain 5", "ku vip 92.0.0.2/32 port 80 node_port 30080", "ku vip 92.0.0.2/32 port 80 node_port 30080 del",
            "ku conf timeout udp 60", "ku conf timeout default", "test kube-proxy flowtable flush", $"ku pod 92.0.0.1/32 {many} del", "ku vip 92.0.0.1/32 port 80 protocol tcp del",
        ];
        double[][] times = [.. Enumerable.Range(0, Rounds).Select(_ => lines.Select(line => BarrierTrace.LongestStop(host, line).TotalMilliseconds).ToArray())];
        (string Line, double Milliseconds)[] holds = [.. lines.Select((line, i) => (line, times.Min(round => round[i])))];
        (string longest, double time) = holds.MaxBy(hold => hold.Milliseconds);
        string most = FormattableString.Invariant($"{time:F2} ms, by '{longest[..Math.Min(40, longest.Length)]}', the least of {Rounds} times of each of {holds.Length} kinds of lines");
        Figure.Is("REL-10", FormattableString.Invariant($"{most}; the most of all {times.Max(round => round.Max()):F2} ms"));
        Assert.Contains(holds, hold => hold.Milliseconds > 0);
        Assert.InRange(time, 0, 50);
    }

    /// <summary>From the start of the process until the first client's packet has left for its pod, with every line of the configuration typed from a file.</summary>
    [Fact]
    [Trait("Rel", "REL-21")]
    public void AVppThatStartsAgainServesAThousandServicesSoon()
    {
        (TimeSpan All, TimeSpan Start, TimeSpan Replay)[] lives = [.. Enumerable.Range(0, Rounds).Select(_ => Live())];
        (TimeSpan all, TimeSpan start, TimeSpan replay) = lives.MinBy(life => life.All);
        Figure.Is("REL-21", FormattableString.Invariant(
            $"{all.TotalSeconds:F2} s from the start of the process to the first packet at a pod: VPP itself {start.TotalSeconds:F2} s, {ServiceCount} services of {PodsEach} pods {replay.TotalSeconds:F2} s; the least of {Rounds}, the most {lives.Max(life => life.All).TotalSeconds:F2} s"));
        Assert.InRange(all.TotalSeconds, 0, 5);
    }

    private static (TimeSpan All, TimeSpan Start, TimeSpan Replay) Live()
    {
        long start = Stopwatch.GetTimestamp();
        using VppHost host = Start(1);
        TimeSpan answered = Stopwatch.GetElapsedTime(start);
        using Lab lab = new(host);
        long typed = Stopwatch.GetTimestamp();
        host.TypeAll([.. Services()]);
        TimeSpan replay = Stopwatch.GetElapsedTime(typed);
        Flow flow = new(Transport.Udp, Lab.Client(Family.Ip4, 1), new IPEndPoint(IPAddress.Parse(Vip(ServiceCount - 1)), 80));
        Capture capture = host.Exchange(new Injection(Lab.ClientSide, [PacketFactory.Build(flow, lab.FromClients, PacketOptions.Plain)]));
        IpView left = new(Assert.Single(capture.On(Lab.PodSide)));
        Assert.Contains(left.Destination, Pod.First(PodsEach).Select(pod => pod.Address(Family.Ip4)));
        return (Stopwatch.GetElapsedTime(start), answered, replay);
    }

    private static IEnumerable<string> Services()
    {
        string pods = string.Join(' ', Pod.First(PodsEach).Select(pod => pod.Address(Family.Ip4)));
        return Enumerable.Range(0, ServiceCount).SelectMany<int, string>(i => [$"ku vip {Vip(i)} port 80 protocol udp nat4", $"ku pod {Vip(i)} {pods}"]);
    }

    private static string Vip(int number) => $"91.0.{number >> 8}.{number & 255}";

    private static VppHost Start(int workers)
    {
        VppOptions options = new() { Workers = workers };
        string? missing = VppHost.Missing(options);
        Assert.SkipWhen(missing is not null, missing ?? "");
        return VppHost.Start(options);
    }
}
