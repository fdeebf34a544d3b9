using System.Globalization;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>What the plugin keeps for tables: counters, clients' affinity, memory, and how often the workers are stopped for it.</summary>
public abstract class TableCareStories(HostFixture fixture) : TableStory(fixture)
{
    private static readonly PacketOptions Syn = PacketOptions.Plain with { Syn = true };

    /// <summary>Counters grow in steps, and move when they do.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void ATablesWorkersCountWhereCountersHaveMovedTo(Family family, Transport transport)
    {
        Serve(Seven, family, [new Pod(1)], only: transport);
        AssertConverses(Seven, new Pod(1), FlowOf(family, transport), Syn);
        string[] others = [.. Enumerable.Range(1, 600).Select(i => $"91.0.{i / 250}.{i % 250} port 80 protocol tcp")];
        Host.TypeAll([.. others.Select(key => $"ku vip {key}")]);
        try
        {
            AssertConverses(Seven, new Pod(1), FlowOf(family, transport, 1), Syn);
            AssertConverses(Seven, new Pod(1), FlowOf(family, transport, 1));
            string shown = Host.Cli($"show ku vip {Vip(family)} table 7 verbose");
            Assert.Contains("first-session packets     2", shown, StringComparison.Ordinal);
            Assert.Contains("existing-session packets  1", shown, StringComparison.Ordinal);
        }
        finally
        {
            Host.TypeAll([.. others.Select(key => $"ku vip {key} del")]);
        }
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AClientsAffinityIsItsTablesOwn(Family family)
    {
        foreach (TableSide side in All)
            Serve(side, family, Pod.First(4), "affinity 100");
        foreach (TableSide side in All)
        {
            Flow first = FlowOf(family, Transport.Udp, side.Table);
            byte[][] sent = [.. Enumerable.Range(0, 40).Select(i =>
                Request(side, first with { Source = new(first.Source.Address, 20_000 + i) }, PacketOptions.Plain with { Id = i }))];
            IReadOnlyList<byte[]> left = Exchange(new Injection(side.Clients, sent)).On(side.Pods);
            Assert.Equal(sent.Length, left.Count);
            Assert.Single(left.Select(frame => new IpView(frame).Destination).Distinct());
        }
    }

    /// <summary>A realm has tens of megabytes of address space: a hundred that were lost would be seen.</summary>
    [Fact]
    public void TablesThatComeAndGoLeaveNoMemoryBehind()
    {
        const string key = "90.1.2.3 port 80 protocol tcp table 7";
        string[] lines = [.. Enumerable.Repeat((string[])[$"ku vip {key}", $"ku pod {key} 10.2.0.11", $"ku vip {key} del"], 100).SelectMany(round => round)];
        Host.TypeAll(lines[..6]);
        long before = AddressSpaceBytes();
        Host.TypeAll(lines);
        Assert.InRange(AddressSpaceBytes() - before, long.MinValue, 256L << 20);
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void NoLineAboutATableTakesMoreThanOneStop(Family family)
    {
        Assert.SkipUnless(Host.WorkerCount > 0, "without workers nobody is stopped");
        string key = $"{Vip(family)} port 80 protocol tcp table 8";
        string[] lines =
        [
            $"ku vip {key}", $"ku pod {key} {string.Join(' ', Pod.First(4).Select(pod => pod.Address(family)))}", $"ku pod {key} {new Pod(1).Address(family)} del",
            "ku conf buckets 4096", "ku conf buckets 65536", "test kube-proxy flowtable flush", $"ku vip {key} del",
        ];
        Assert.All(lines, line => Assert.Equal($"{line}: 1", $"{line}: {Math.Max(1, BarrierTrace.Callers(Host, line).Count)}"));
        Assert.Empty(BarrierTrace.Callers(Host, $"ku vip {Vip(family)} port 80 table 77"));
        Assert.Equal("no VIPs", Host.Cli("show ku vips"));
    }

    private long AddressSpaceBytes()
    {
        string line = File.ReadLines($"/proc/{Host.Pid}/status").First(text => text.StartsWith("VmSize:", StringComparison.Ordinal));
        return long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}

public sealed class TableCareInVpp(VppWithTables host) : TableCareStories(host), IClassFixture<VppWithTables>;

public sealed class TableCareInVppWithOneWorker(VppWithTablesAndOneWorker host) : TableCareStories(host), IClassFixture<VppWithTablesAndOneWorker>;

public sealed class TableCareInVppWithTwoWorkers(VppWithTablesAndTwoWorkers host) : TableCareStories(host), IClassFixture<VppWithTablesAndTwoWorkers>;
