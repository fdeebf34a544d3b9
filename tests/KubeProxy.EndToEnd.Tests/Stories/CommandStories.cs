using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>The command line: what is documented works, what is wrong says so and changes nothing, what is deleted is gone.</summary>
public abstract class CommandStories(HostFixture fixture) : Story(fixture)
{
    private const int MostSpans = 4;

    private readonly record struct MemoryUse(double? Heap, long Resident, long Buffers);

    /// <summary>Lines that must be refused, each with a word of it that the error must name.</summary>
    public static TheoryData<string, string> BadLines { get; } = new()
    {
        { "ku vip", "prefix" },
        { "ku vip 90.1.2.300/32 port 80 nat4", "90.1.2.300" },
        { "ku vip 90.1.2.9/33 port 80 nat4", "33" },
        { "ku vip 90.1.2.9/32 port 65616 nat4", "65616" },
        { "ku vip 90.1.2.9/32 port 0 nat4", "port" },
        { "ku vip 90.1.2.9/32 port 80 target_port 70000 nat4", "70000" },
        { "ku vip 90.1.2.9/32 port 80 new_len 1000 nat4", "1000" },
        { "ku vip 90.1.2.9/32 port 80 new_len 131072 nat4", "131072" },
        { "ku vip 90.1.2.9/32 port 80 protocol tpc nat4", "tpc" },
        { "ku vip 90.1.2.9/32 port 80 nat64", "nat64" },
        { "ku vip 2003::9/128 port 80 nat4", "nat4" },
        { "ku vip 90.1.2.9/32 prot 80 nat4", "prot" },
        { "ku vip 90.1.2.9/32 port 80 nat4 del", "90.1.2.9" },
        { "ku vip 90.1.2.3/32 port 81 del", "81" },
        { "ku vip 90.1.2.3/32 port 80 nat4", "80" },
        { "ku vip 224.0.0.1/32 port 80 nat4", "224.0.0.1" },
        { "ku pod 90.1.2.9/32 10.2.0.11", "90.1.2.9" },
        { "ku pod 90.1.2.3/32 port 81 10.2.0.11", "81" },
        { "ku pod 90.1.2.3/32 port 80", "90.1.2.3" },
        { "ku pod 90.1.2.3/32 port 80 10.2.0.299", "10.2.0.299" },
        { "ku pod 90.1.2.3/32 port 80 fd02::11", "fd02::11" },
        { "ku pod 90.1.2.3/32 port 80 10.2.0.11", "10.2.0.11" },
        { "ku pod 90.1.2.3/32 port 80 10.2.0.15 10.2.0.15", "10.2.0.15" },
        { "ku pod 90.1.2.3/32 port 80 10.2.0.15 90.1.2.3", "90.1.2.3" },
        { "ku pod 90.1.2.3/32 port 80 10.2.0.77 del", "10.2.0.77" },
        { "ku pod 90.1.2.3/32 port 80 10.2.0.15 weight 101", "101" },
        { "ku pod 90.1.2.3/32 port 80 10.2.0.11 weight 1 drain", "weight" },
        { "ku pod 90.1.2.3/32 port 80 10.2.0.77 drain 5", "10.2.0.77" },
        { "ku pod 90.1.2.3/32 port 80 10.2.0.11 drain 1000001", "1000001" },
        { "ku vip 90.1.2.9/32 port 80 affinity 86401", "86401" },
        { "ku vip 90.1.2.9/32 same_as 90.1.2.8/32", "90.1.2.8" },
        { "ku vip 90.1.2.9/32 port 80 same_as 90.1.2.3/32", "same_as" },
        { "ku vip 10.2.0.0/24 port 80", "10.2.0.11" },
        { "ku conf timeout udp 0", "udp" },
        { "ku conf timeout sctp 5", "sctp" },
        { "ku conf buckets 1000", "1000" },
        { "ku conf buckets 33554432", "33554432" },
        { "ku conf timeout 0", "timeout" },
        { "ku conf bucket 1024", "bucket" },
        { "ku set interface nat4 in pg77", "pg77" },
        { "ku set interface nat4 in pg1", "pg1" },
        { "ku set interface nat6 in pg0 del", "pg0" },
    };

    [Theory]
    [Trait("Check", "REL-13")]
    [Trait("Defect", "A-21")]
    [Trait("Defect", "A-20")]
    [MemberData(nameof(BadLines))]
    public void AWrongLineNamesTheOffendingWordAndChangesNothing(string line, string word)
    {
        Service service = Cluster.Add(Family.Ip4, Transport.Tcp, 80);
        Cluster.Add(Family.Ip4, Transport.Udp, 80);
        string before = HostState.Of(Host);
        string printed = Host.Cli(line);
        Assert.Contains(word, printed, StringComparison.Ordinal);
        Assert.Equal(before, HostState.Of(Host));
        byte[] request = FromClient(FlowTo(service, Transport.Tcp));
        AssertReachedPods([request], ClientsSend(request), Family.Ip4);
    }

    [Fact]
    [Trait("Defect", "D13")]
    [Trait("Defect", "D25")]
    [Trait("Defect", "A-25")]
    public void TheOriginalDocumentationsLinesWorkVerbatim()
    {
        string[] lines =
        [
            "ku conf buckets 1024 timeout 40", "ku conf buckets-log2 16 timeout default",
            "ku vip 90.0.0.0/8 nat44 new_len 2048", "ku vip 2003::/16 nat66 new_len 2048",
            "ku pod 90.0.0.0/8 10.0.0.1", "ku pod 90.0.0.0/8 10.0.0.2 10.0.0.3", "ku pod 2003::/16 2001::2 2001::3 2001::4",
        ];
        foreach (string line in lines)
            Lab.Type(line);
        string table = Host.Cli("show ku vip verbose");
        foreach (string word in (string[])["90.0.0.0/8", "2003::/16", "2048", "10.0.0.1", "10.0.0.3", "2001::4"])
            Assert.Contains(word, table, StringComparison.Ordinal);
        Assert.Equal(table, Host.Cli("show ku vips verbose"));
        Assert.Equal(Host.Cli("show ku vip"), Host.Cli("show ku vips"));
        Assert.NotEqual("", Host.Cli("show ku"));
        Assert.NotEqual("", Host.Cli("show node counters"));
        Lab.Type("test kube-proxy flowtable flush");
        Lab.Type("ku pod 90.0.0.0/8 10.0.0.1 10.0.0.2 10.0.0.3 del");
        Lab.Type("ku vip 90.0.0.0/8 nat44 del");
        Lab.Type("ku vip 2003::/16 del");
        Assert.DoesNotContain("90.0.0.0", Host.Cli("show ku vips"), StringComparison.Ordinal);
    }

    [Fact]
    public void ADeletedThingIsGoneAndDeletingItAgainSaysSo()
    {
        string before = HostState.Of(Host);
        foreach (Family family in (Family[])[Family.Ip4, Family.Ip6])
        {
            Service service = Cluster.Add(family, Transport.Tcp, 80, pods: [new Pod(1)]);
            Cluster.Remove(service, new Pod(1));
            string pod = $"{new Pod(1).Address(family)}";
            Assert.Contains(pod, Host.Cli($"ku pod {service.Key} {pod} del"), StringComparison.Ordinal);
            Cluster.Remove(service);
            string prefix = service.Prefix[..service.Prefix.IndexOf('/', StringComparison.Ordinal)];
            Assert.Contains(prefix, Host.Cli($"ku vip {service.Key} del"), StringComparison.Ordinal);
            Assert.Contains(prefix, Host.Cli($"ku pod {service.Key} {pod}"), StringComparison.Ordinal);
        }

        Assert.Equal(before, HostState.Of(Host));
    }

    [Fact]
    public void EveryCommandHasHelpAndIsListedAsAPluginsOwn()
    {
        Assert.Contains("kubeproxy_plugin.so", Host.Cli("show plugins"), StringComparison.Ordinal);
        string? help = Host is VppHost ? Host.Cli("kube-proxy ?") : null;
        foreach (string command in help is null ? [] : (string[])["conf", "vip", "pod", "set"])
            Assert.Contains($"kube-proxy {command}", help, StringComparison.Ordinal);
    }

    /// <summary>
    /// Rounds are counted in spans. The process is flat when one span passes without growth: the managed heap takes some
    /// time to reach its size, and gives pages back and takes them again afterwards, but a leak grows in every span.
    /// Fragments of earlier stories are given back meanwhile, so fewer buffers are no leak.
    /// Two workers on two cores take turns with the main thread, which waits for both at every change: fewer rounds.
    /// </summary>
    [Fact]
    [Trait("Check", "LIF-02")]
    [Trait("Defect", "D22")]
    [Trait("Defect", "A-14")]
    public void DeletingAndAddingEverythingAThousandTimesLeaksNothing()
    {
        int spanRounds = Host.WorkerCount < 2 ? 500 : 20;
        List<string> spans = [];
        MemoryUse last = UseAfter(spanRounds);
        do
        {
            MemoryUse next = UseAfter(spanRounds);
            Assert.True(next.Buffers <= last.Buffers, $"{next.Buffers - last.Buffers} more buffers are in use");
            spans.Add($"main heap {next.Heap - last.Heap}, process {next.Resident - last.Resident}");
            if ((next.Heap - last.Heap is null or < 32 << 10) && next.Resident - last.Resident < (spanRounds < 500 ? 4 << 20 : 1 << 20))
                return;
            last = next;
        }
        while (spans.Count < MostSpans);
        Assert.Fail($"bytes grew in every span of {spanRounds} rounds: {string.Join("; ", spans)}");
    }

    private MemoryUse UseAfter(int rounds)
    {
        for (int round = 1; round <= rounds; round++)
        {
            Host.TypeAll([.. AddAndDeleteEverything()]);
            if (round % 20 == 0)
                SendWhileItIsThere(round);
        }

        Assert.Equal("no VIPs", Host.Cli("show ku vips"));
        return new(HostUse.MainHeapBytes(Host), HostUse.ResidentBytes(Host), HostUse.BuffersInUse(Host));
    }

    private static IEnumerable<string> AddAndDeleteEverything()
    {
        foreach (Family family in (Family[])[Family.Ip4, Family.Ip6])
        {
            (string prefix, string nat) = family == Family.Ip4 ? ("90.1.2.3/32", "nat4") : ("2003::3/128", "nat6");
            string pods = string.Join(' ', Pod.First(4).Select(pod => pod.Address(family)));
            yield return $"ku set interface {nat} in {Lab.PodSide} del";
            yield return $"ku vip {prefix} port 80 protocol tcp target_port 8080 {nat}";
            yield return $"ku vip {prefix} port 53 protocol udp {nat}";
            yield return $"ku pod {prefix} port 80 protocol tcp {pods}";
            yield return $"ku pod {prefix} port 53 protocol udp {pods}";
            yield return $"ku set interface {nat} in {Lab.PodSide}";
            yield return $"ku pod {prefix} port 53 protocol udp {new Pod(2).Address(family)} del";
            yield return $"ku vip {prefix} port 53 protocol udp del";
            yield return $"ku vip {prefix} port 80 protocol tcp del";
        }
    }

    private void SendWhileItIsThere(int number)
    {
        Service udp = Cluster.Add(Family.Ip4, Transport.Udp, 53);
        byte[] request = FromClient(FlowTo(udp, Transport.Udp, number));
        AssertReachedPods([request], ClientsSend(request), Family.Ip4);
        Cluster.Remove(udp);
    }
}

[Collection<VppAloneCollection>]
public sealed class CommandsInVpp(VppAlone host) : CommandStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class CommandsInVppWithOneWorker(VppWithOneWorker host) : CommandStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class CommandsInVppWithTwoWorkers(VppWithTwoWorkers host) : CommandStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class CommandsInTheEmbeddedHost(EmbeddedHost host) : CommandStories(host);
