using System.Globalization;
using System.Text.RegularExpressions;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>The same, of what only VPP has: other features, its heap's leak check, its stats segment, packets that never stop.</summary>
[Collection<VppWithOneWorkerCollection>]
public sealed partial class DefectVppStories(VppWithOneWorker host) : Story(host)
{
    private const int Rounds = 60;
    private const string LeakChecked = " total traced objects";

    /// <summary>Housekeeping runs every second, also while a pod drains: an idle router collects no garbage because it makes none.</summary>
    [Fact]
    [Trait("Defect", "D24")]
    [Trait("Defect", "A-19")]
    public void WithoutCommandsNothingIsAllocated()
    {
        const long MoreDigitsBytes = 64;
        Service service = Cluster.Add(Family.Ip4, Transport.Tcp, 80);
        Host.Cli($"ku pod {service.Key} {new Pod(1).Address(Family.Ip4)} drain 3600");
        long first = AllocatedBytes();
        long second = AllocatedBytes();
        Thread.Sleep(TimeSpan.FromSeconds(4));
        long ofReading = second - first;
        Assert.InRange(AllocatedBytes() - second, ofReading - MoreDigitsBytes, ofReading + MoreDigitsBytes);
    }

    /// <summary>Another feature that the interface has runs behind the return node, for answers and for what is nobody's.</summary>
    [Theory]
    [Trait("Defect", "A-8")]
    [ClassData(typeof(FlowKinds))]
    public void TheNextFeatureOfTheInterfaceRunsToo(Family family, Transport transport)
    {
        Pod pod = new(1);
        Service service = Cluster.Add(family, transport, 80, targetPort: 8080, pods: [pod]);
        Flow flow = FlowTo(service, transport);
        PodsOf(service, [flow]);
        byte[][] frames = [FromPod(pod, new Flow(transport, pod.At(family, 8080), flow.Source)), FromPod(pod, new Flow(transport, pod.At(family, 9999), flow.Source))];
        string ip = family == Family.Ip4 ? "ip4" : "ip6";
        Lab.Type($"set interface reassembly {Lab.PodSide} on");
        try
        {
            string trace = Traced(() => Assert.Equal(2, PodsSend(frames).On(Lab.ClientSide).Count));
            Assert.Equal(2, Regex.Count(trace, $@"kp-nat{ip[2]}-in2out\s(?s:.*?){ip}-full-reassembly-feature\s(?s:.*?){ip}-lookup"));
        }
        finally
        {
            Lab.Type($"set interface reassembly {Lab.PodSide} off");
        }
    }

    /// <summary>
    /// VPP's own leak check: what a line allocated on the main heap, the C library's malloc included, and did not give back. It takes its time: one bad line in four.
    /// </summary>
    [Fact]
    [Trait("Defect", "A-23")]
    public void ALineThatIsRefusedLeavesNothingOnTheHeap()
    {
        Cluster.Add(Family.Ip4, Transport.Tcp, 80);
        foreach (string line in CommandStories.BadLines.Select(row => row.Data.Item1).Where((_, number) => number % 4 == 0))
            Assert.True(LeaksNothing(line), $"'{line}' leaves memory behind: {Host.Cli($"leak-check {{ {line} }}")}");
    }

    /// <summary>The check is not blind: a service that is added stays on the heap.</summary>
    [Fact]
    public void ALineThatKeepsMemoryIsSeenByTheLeakCheck()
    {
        string printed = Host.Cli("leak-check { ip route add 10.99.0.0/16 via 10.2.0.11 pg1 }");
        Lab.Type("ip route del 10.99.0.0/16 via 10.2.0.11 pg1");
        Assert.Contains(LeakChecked, printed, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(^|\n)0 total traced objects", printed);
    }

    /// <summary>FD.io's VPP-1680 and VPP-1343: pods, sessions and the feature come and go while a worker is busy with them.</summary>
    [Fact]
    [Trait("Defect", "REG-FDIO-1")]
    [Trait("Defect", "REG-FDIO-3")]
    public void PodsSessionsAndTheFeatureComeAndGoWhilePacketsNeverStop()
    {
        Service service = Cluster.Add(Family.Ip4, 80, protocol: null, pods: Pod.First(4));
        Flow[] flows = [.. Enumerable.Range(0, 400).Select(i => FlowTo(service, i % 2 == 0 ? Transport.Tcp : Transport.Udp, i))];
        string file = Path.GetTempFileName();
        PcapFile.Write(file, [.. FromClients(flows)]);
        Lab.Type($"packet-generator new {{ name churn pcap {file} source {Lab.ClientSide} limit 1000000000 }}");
        Lab.Type("packet-generator enable-stream churn");
        for (int round = 0; round < Rounds; round++)
        {
            Cluster.Remove(service, new Pod(1 + (round % 4)));
            Lab.Type("test kube-proxy flowtable flush");
            Lab.Type($"ku set interface nat4 in {Lab.PodSide} del");
            Cluster.AddPods(service, new Pod(1 + (round % 4)));
            Lab.Type($"ku set interface nat4 in {Lab.PodSide}");
        }

        string streams = Host.Cli("show packet-generator");
        Lab.Type("packet-generator disable-stream churn");
        Lab.Type("packet-generator delete churn");
        File.Delete(file);
        long sent = long.Parse(Sent().Match(streams).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(sent > 10_000, $"only {sent} packets were under way meanwhile");
        Converse(service, [.. flows.Where(flow => flow.Transport == Transport.Tcp)]);
    }

    [Fact]
    [Trait("Defect", "D28")]
    public void CountersAreInTheStatsSegmentUnderReadablePaths()
    {
        string program = Path.Combine(Path.GetDirectoryName(VppInstallation.Found!.Program)!, "vpp_get_stats");
        Assert.SkipUnless(File.Exists(program), $"{program} is not there");
        Service service = Cluster.Add(Family.Ip4, Transport.Udp, 53, pods: []);
        string Stats() => Tool.Run(program, "socket-name", Path.Combine(Path.GetDirectoryName(Host.CommandPrefix.Split(' ')[^1])!, "stats.sock"), "dump", "^/kube-proxy/service");
        Dictionary<string, long> before = Totals(Stats());
        Flow[] flows = [.. Enumerable.Range(0, 30).Select(i => FlowTo(service, Transport.Udp, i))];
        AssertNobodyServes(FromClients(flows));
        Cluster.AddPods(service, new Pod(1));
        PodsOf(service, flows);
        PodsOf(service, flows);
        Dictionary<string, long> after = Totals(Stats());
        Assert.Equal((30, 30, 30), (Grown("no-pod"), Grown("first-session"), Grown("existing-session")));
        long Grown(string name) => after[$"/kube-proxy/service/{name}"] - before[$"/kube-proxy/service/{name}"];
    }

    /// <summary>The managed heap takes pages at times of its own, so one clean run of several counts.</summary>
    private bool LeaksNothing(string line)
    {
        Host.Cli(line);
        return Enumerable.Range(0, 8).Any(_ => Regex.IsMatch(Host.Cli($"leak-check {{ {line} }}"), @"(^|\n)0 total traced objects"));
    }

    private static Dictionary<string, long> Totals(string text) => Counter().Matches(text)
        .GroupBy(match => match.Groups[2].Value)
        .ToDictionary(group => group.Key, group => group.Sum(match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));

    private long AllocatedBytes() => long.Parse(Allocated().Match(Host.Cli("show ku runtime")).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"managed bytes\s+(\d+)")]
    private static partial Regex Allocated();

    [GeneratedRegex(@"\]: (\d+) packets (\S+)")]
    private static partial Regex Counter();

    [GeneratedRegex(@"^churn\s+\S+\s+(\d+)", RegexOptions.Multiline)]
    private static partial Regex Sent();
}
