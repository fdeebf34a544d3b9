using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>VIPs and pods in tables of the router: what is in one table knows nothing of what is in another (invariant CFG-14).</summary>
public sealed class TableTests : IDisposable
{
    private const string Verbose = "show ku vip verbose";
    private readonly CatalogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("90.0.0.1/32", "10.0.0.1", "10.0.0.2")]
    [InlineData("2003::1/128", "2001::1", "2001::2")]
    public void OnePrefixInThreeTablesIsThreeVipsWithPodsOfTheirOwn(string prefix, string pod, string otherPod)
    {
        _fixture.RunAll(
            $"ku vip {prefix} port 80 protocol tcp",
            $"ku vip {prefix} port 80 protocol tcp table 7 target_port 8080",
            $"ku vip {prefix} table 8 port 80 protocol tcp",
            $"ku pod {prefix} table 7 {pod}",
            $"ku pod {prefix} {pod} {otherPod} table 8");
        Assert.Equal<uint>([0, 7, 8], _fixture.Catalog.Vips.Select(vip => vip.Table));
        Assert.Equal([0, 1, 2], _fixture.Catalog.Vips.Select(vip => vip.Services.Single().Pods.Count));
        Assert.Equal(3, _fixture.Catalog.Vips.Select(vip => vip.Slot).Distinct().Count());
        Assert.Equal<uint>([7, 8, 8], _fixture.Plane.PodTables.Values);
        Assert.Equal(7u, _fixture.Catalog.FindCovering(IPAddress.Parse(prefix.Split('/')[0]), table: 7)!.Table);
        Assert.Null(_fixture.Catalog.FindCovering(IPAddress.Parse(prefix.Split('/')[0]), table: 9));
    }

    [Fact]
    public void TableZeroIsTheTableOfLinesThatNameNone()
    {
        _fixture.RunAll("ku vip 90.0.0.1 table 0", "ku pod 90.0.0.1 10.0.0.1");
        Assert.Equal("service protocol any of VIP 90.0.0.1/32 is there already", _fixture.Fail("ku vip 90.0.0.1"));
    }

    [Theory]
    [InlineData("ku vip 90.0.0.1 table 9", "table 9 does not exist")]
    [InlineData("ku vip 90.0.0.1 table 4294967295", "table \"4294967295\" is out of range (0 to 4294967294)")]
    [InlineData("ku vip 90.0.0.1 table", "option table needs a value")]
    [InlineData("ku vip 90.0.0.1 table 7 table 8", "option table is given twice")]
    [InlineData("ku vip 90.0.0.1 port 80 node_port 30080 table 7", "node_port 30080 contradicts table 7: node ports are served in table 0 only")]
    [InlineData("ku vip 90.0.0.2 table 7 del", "no VIP 90.0.0.2/32 table 7")]
    [InlineData("ku vip 90.0.0.2 same_as 90.0.0.1 table 8", "no VIP 90.0.0.1/32 table 8")]
    [InlineData("ku vip 91.0.0.1 port 80 table 7", "service protocol tcp port 80 of VIP 91.0.0.1/32 table 7 is there already")]
    [InlineData("ku pod 90.0.0.1 table 7 10.0.0.9", "no VIP 90.0.0.1/32 table 7")]
    [InlineData("ku pod 91.0.0.1 10.0.0.1 table 7", "pod 10.0.0.1 already serves protocol tcp port 80 of VIP 91.0.0.1/32 table 7")]
    [InlineData("ku pod 91.0.0.1 10.0.0.9 table 7 del", "no pod 10.0.0.9 in protocol tcp port 80 of VIP 91.0.0.1/32 table 7")]
    [InlineData("ku pod 91.0.0.1 91.0.0.1 table 7", "pod 91.0.0.1 is inside VIP 91.0.0.1/32 table 7: its packets would come back to the VIP for ever")]
    [InlineData("ku vip 10.0.0.0/24 table 7", "VIP 10.0.0.0/24 table 7 covers the pod 10.0.0.1: packets to the pod would come back to the VIP for ever")]
    [InlineData("show ku vip 90.0.0.1 table 8", "no VIP 90.0.0.1/32 table 8")]
    public void AnErrorNamesTheTableAndChangesNothing(string line, string message)
    {
        _fixture.RunAll("ku vip 90.0.0.1", "ku vip 91.0.0.1 port 80 table 7", "ku pod 91.0.0.1 table 7 10.0.0.1");
        Assert.Equal(message, _fixture.Fail(line));
        Assert.Equal<uint>([7], _fixture.Plane.UsedTables);
    }

    [Fact]
    public void NoLoopLeadsFromOneTableToAnother()
    {
        _fixture.RunAll(
            "ku vip 90.0.0.0/8 port 80 protocol tcp", "ku pod 90.0.0.0/8 10.0.0.1",
            "ku vip 10.0.0.0/8 port 80 protocol tcp table 7", "ku pod 10.0.0.0/8 90.0.0.1 table 7");
        Assert.Equal<uint>([0, 7], _fixture.Plane.PodTables.Values);
    }

    [Fact]
    public void ATableIsUsedUntilItsLastVipHasGoneAndNoLonger()
    {
        _fixture.RunAll("ku vip 90.0.0.1 port 80 table 7", "ku vip 90.0.0.2 same_as 90.0.0.1 table 7", "ku pod 90.0.0.1 table 7 10.0.0.1");
        _fixture.RunAll("ku vip 90.0.0.1 port 80", "ku vip 90.0.0.1 port 80 del");
        Assert.Equal<uint>([7], _fixture.Plane.UsedTables);
        _fixture.RunAll("ku vip 90.0.0.2 table 7 del", "ku vip 90.0.0.1 port 80 protocol tcp table 7 del");
        Assert.Equal<uint>([7], _fixture.Plane.UsedTables);
        _fixture.Run("ku vip 90.0.0.1 port 80 protocol udp table 7 del");
        Assert.Empty(_fixture.Plane.UsedTables);
        Assert.Equal("ForgetSessions 90.0.0.2/32 table 7 0,1", Assert.Single(_fixture.Plane.Log, call => call.StartsWith("ForgetSessions", StringComparison.Ordinal)));
    }

    [Fact]
    public void WhatIsShownNamesTablesOnlyWhereThereIsAnotherThanZero()
    {
        _fixture.RunAll("ku vip 90.0.0.1 port 80 protocol tcp", "ku pod 90.0.0.1 10.0.0.1");
        Assert.DoesNotContain("table", _fixture.Run("show ku") + _fixture.Run("show ku vip") + _fixture.Run(Verbose), StringComparison.Ordinal);
        _fixture.RunAll("ku vip 90.0.0.1 port 80 protocol tcp table 7", "ku pod 90.0.0.1 table 7 10.0.0.1", "ku pod 90.0.0.1 table 7 10.0.0.1 drain");
        Assert.Equal(
            """
            vip          protocol  port  target_port  node_port  nat   new_len  pods  draining  table
            90.0.0.1/32  tcp       80    80           -          nat4     1024     1         0      0
            90.0.0.1/32  tcp       80    80           -          nat4     1024     0         1      7
            """,
            _fixture.Run("show ku vips"));
        Assert.Contains("tables          0, 7\n", _fixture.Run("show ku"), StringComparison.Ordinal);
        Assert.Contains("draining        10.0.0.1 of 90.0.0.1/32 table 7 protocol tcp port 80: 0 sessions", _fixture.Run("show ku"), StringComparison.Ordinal);
        Assert.StartsWith("90.0.0.1/32 table 7 protocol tcp port 80 target_port 80 nat4", _fixture.Run($"{Verbose} table 7"), StringComparison.Ordinal);
        Assert.StartsWith("90.0.0.1/32 protocol tcp port 80 target_port 80 nat4", _fixture.Run($"{Verbose} 90.0.0.1"), StringComparison.Ordinal);
        Assert.Equal("no VIPs in table 8", _fixture.Run("show ku vip table 8"));
    }

    [Fact]
    public void SessionsSayTheirTableOnlyWhereOneIsInAnotherThanZero()
    {
        SessionView view = new(0, IpProtocol.Tcp, IPEndPoint.Parse("172.16.0.1:1025"), IPEndPoint.Parse("90.0.0.1:80"), 1, 0);
        _fixture.Plane.SessionList.Add(view);
        Assert.DoesNotContain("table", _fixture.Run("show ku sessions"), StringComparison.Ordinal);
        _fixture.Plane.SessionList.Add(view with { Table = 7 });
        string[] lines = _fixture.Run("show ku sessions").Split('\n');
        Assert.EndsWith("idle  table", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("0      0", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("0      7", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void WhyAsksInTheTableThatIsNamed()
    {
        _fixture.RunAll("ku vip 90.0.0.1 port 80 protocol tcp table 7", "ku pod 90.0.0.1 table 7 10.0.0.1", "ku vip 90.0.0.9 port 81 node_port 30080");
        Assert.EndsWith("vip      none: the packet is not for a service", _fixture.Run("show ku why tcp 172.16.0.1 1025 90.0.0.1 80"), StringComparison.Ordinal);
        Assert.EndsWith("vip      none: the packet is not for a service", _fixture.Run("show ku why tcp 172.16.0.1 1025 10.1.0.1 30080 table 7"), StringComparison.Ordinal);
        ProbeRequest? asked = null;
        _fixture.Plane.ProbeAnswer = request =>
        {
            asked = request;
            return new ProbeView(null, 1, IPEndPoint.Parse("10.0.0.1:80"), null, IsRemembered: true, 0);
        };
        string text = _fixture.Run("show ku why tcp 172.16.0.1 1025 90.0.0.1 80 table 7");
        Assert.StartsWith("packet   tcp 172.16.0.1:1025 -> 90.0.0.1:80 table 7\nvip      90.0.0.1/32 table 7\n", text, StringComparison.Ordinal);
        Assert.Equal(7u, asked!.Value.Table);
    }
}
