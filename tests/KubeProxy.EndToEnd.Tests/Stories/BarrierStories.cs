using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>A command stops the workers once at most (invariant CFG-9), counted by VPP itself.</summary>
public abstract class BarrierStories(HostFixture fixture) : Story(fixture)
{
    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void EightPodsTakeOneStopAndSoDoesDeletingThem(Family family)
    {
        Service service = Cluster.Add(family, Transport.Tcp, 80, pods: []);
        string pods = string.Join(' ', Pod.First(8).Select(pod => pod.Address(family)));
        Assert.Equal(["kube-proxy"], Stops($"ku pod {service.Key} {pods}"));
        Assert.Equal(["kube-proxy"], Stops($"ku vip {service.Key} del"));
        Assert.Equal("no VIPs", Host.Cli("show ku vips"));
    }

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void NoLineTakesMoreThanOneStop(Family family)
    {
        (string prefix, string nat) = family == Family.Ip4 ? ("90.1.2.3/32", "nat4") : ("2003::3/128", "nat6");
        string pods = string.Join(' ', Pod.First(4).Select(pod => pod.Address(family)));
        string external = family == Family.Ip4 ? "192.0.2.10/32" : "2003:db8::10/128";
        string first = $"ku pod {prefix} port 81 {new Pod(1).Address(family)}";
        string[] lines =
        [
            $"ku vip {prefix} port 80 {nat}", $"ku pod {prefix} port 80 {pods}", $"ku vip {prefix} port 81 {nat}", $"ku pod {prefix} port 81 {pods}",
            $"{first} weight 3", $"{first} drain 30", first, $"{first} drain 0", $"ku vip {external} same_as {prefix}", first, $"ku vip {external} del",
            $"ku pod {prefix} port 80 {pods} del", "show ku vip", "show ku", $"ku vip {prefix} port 80 del", $"ku vip {prefix} port 81 del",
            $"ku vip {prefix} port 80 {nat} node_port 30080", $"ku pod {prefix} port 80 {pods}", $"ku vip {prefix} port 81 {nat} node_port 30081",
            "ku conf node-port-range 30000-30999", "ku conf node-port-range 30000-32767", $"ku vip {prefix} port 80 del", $"ku vip {prefix} port 81 del",
            $"ku set interface {nat} in {Lab.PodSide} del", $"ku set interface {nat} in {Lab.PodSide}",
            "ku conf timeout 60", "ku conf timeout default", "test kube-proxy flowtable flush",
        ];
        string[] withMore = [.. lines.Where(line => Stops(line).Count > 1)];
        Assert.Empty(withMore);
        Assert.Equal("no VIPs", Host.Cli("show ku vips"));
    }

    [Fact]
    [Trait("Check", "LIF-15")]
    public void WhatReadsOrIsRefusedStopsNobody()
    {
        Cluster.Add(Family.Ip4, Transport.Tcp, 80);
        string[] lines =
        [
            "ku vip 90.1.2.3/32 port 80 protocol tcp", "ku pod 90.1.2.3/32 port 80 protocol tcp 10.2.0.15 10.2.0.11", "ku pod 90.1.2.4/32 10.2.0.11",
            "ku vip 90.1.2.4/32 port 80 node_port 29999", "ku conf node-port-range 30000-32767", "ku conf buckets 3", "ku conf timeout default", $"ku set interface nat4 in {Lab.PodSide}",
            "show ku", "show ku vip verbose", "show ku sessions", "show ku runtime",
        ];
        foreach (string line in lines)
            Assert.Empty(Stops(line));
    }

    /// <summary>The instrument sees a command that VPP stops the workers for, and counts every stop of several commands.</summary>
    [Fact]
    public void AStopIsSeen()
    {
        Assert.Equal(["vlib_cli_dispatch_sub_commands"], Stops("show ip fib summary"));
        using RunDirectory directory = new("kp-lines-");
        string file = directory.File("lines");
        File.WriteAllLines(file, Enumerable.Repeat("test kube-proxy flowtable flush", 3));
        Assert.Equal(3, Stops($"exec {file}").Count(caller => caller == "kube-proxy"));
    }

    private IReadOnlyList<string> Stops(string line) => BarrierTrace.Callers(Host, line);
}

[Collection<VppWithOneWorkerCollection>]
public sealed class BarriersInVppWithOneWorker(VppWithOneWorker host) : BarrierStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class BarriersInVppWithTwoWorkers(VppWithTwoWorkers host) : BarrierStories(host);
