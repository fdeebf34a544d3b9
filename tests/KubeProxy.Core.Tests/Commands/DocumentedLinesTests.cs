using KubeProxy.Core.Services;
using KubeProxy.Core.Tests.Services;
using Xunit;

namespace KubeProxy.Core.Tests.Commands;

/// <summary>Every line of the original's documentation and tests works verbatim.</summary>
public class DocumentedLinesTests
{
    [Fact]
    public void TheOriginalDocumentationsLinesRun()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll(
            "ku conf buckets 1024 timeout 40",
            "ku conf buckets-log2 10",
            "ku vip 90.0.0.0/8 nat44 new_len 2048",
            "ku vip 2003::/16 nat66 new_len 2048",
            "ku pod 90.0.0.0/8 10.0.0.1",
            "ku pod 2003::/16 2001::2 2001::3 2001::4",
            "ku set interface nat4 in host-veth0",
            "ku set interface nat6 in host-veth0",
            "show ku",
            "show ku vip",
            "show ku vip verbose",
            "show ku vips",
            "show ku vips verbose",
            "show ku sessions",
            "show ku sessions limit 5",
            "test kube-proxy flowtable flush",
            "ku set interface nat4 in host-veth0 del",
            "ku pod 2003::/16 2001::2 2001::3 2001::4 del",
            "ku pod 90.0.0.0/8 10.0.0.1 del",
            "ku vip 2003::/16 nat66 new_len 2048 del",
            "ku vip 90.0.0.0/8 nat44 del");
        Assert.Equal(0, fixture.Catalog.VipCount);
        Assert.Equal(1, fixture.Plane.FlushCount);
    }

    [Theory]
    [InlineData("90.0.0.0/8", "nat4", "10.0.0.")]
    [InlineData("90.0.0.0/8", "nat44", "10.0.0.")]
    [InlineData("2001::/16", "nat6", "2002::")]
    public void TheOriginalTestsLinesRun(string vip, string nat, string pod)
    {
        using var fixture = new CatalogFixture();
        fixture.Run($"ku vip {vip} port 3306 target_port 3307 {nat}");
        for (int i = 1; i <= 5; i++) fixture.Run($"ku pod {vip} {pod}{i}");
        Assert.Contains("target_port 3307", fixture.Run("show ku vip verbose"), StringComparison.Ordinal);
        for (int i = 1; i <= 5; i++) fixture.Run($"ku pod {vip} {pod}{i} del");
        fixture.Run($"ku vip {vip} {nat} del");
        fixture.Run("test kube-proxy flowtable flush");
        Assert.Equal("no VIPs", fixture.Run("show ku vip"));
    }

    [Fact]
    public void OptionsMayStandInAnyOrder()
    {
        using var fixture = new CatalogFixture();
        fixture.RunAll(
            "ku vip 90.0.0.0/8 new_len 16 nat4 target_port 81 protocol tcp port 80",
            "ku pod 90.0.0.0/8 10.0.0.1 protocol tcp 10.0.0.2 port 80 10.0.0.3",
            "ku pod 90.0.0.0/8 del 10.0.0.1",
            "ku set interface nat4 in pg1",
            "ku set interface nat4 del in pg1",
            "ku vip 90.0.0.0/8 del port 80");
        Assert.Equal(0, fixture.Catalog.VipCount);
    }

    [Fact]
    public void HostBitsAreClearedAndTheUserIsTold()
    {
        using var fixture = new CatalogFixture();
        Assert.Equal("90.1.2.3/8 is taken as 90.0.0.0/8", fixture.Run("ku vip 90.1.2.3/8 port 80"));
        Assert.Equal("90.0.0.1/8 is taken as 90.0.0.0/8", fixture.Run("ku pod 90.0.0.1/8 10.0.0.1"));
        Assert.Empty(fixture.Run("ku vip 91.1.2.3 port 80"));
        Assert.Equal("2003::5/16 is taken as 2003::/16", fixture.Run("ku vip 2003::5/16"));
    }

    [Fact]
    public void ConfChangesWhatItNamesAndKeepsTheRest()
    {
        using var fixture = new CatalogFixture();
        fixture.Run("ku conf buckets 4096");
        Assert.Equal(SessionSettings.Default with { BucketCount = 4096 }, fixture.Plane.Sessions);
        fixture.Run("ku conf timeout 60");
        Assert.Equal(SessionSettings.Default with { BucketCount = 4096, Timeouts = SessionTimeouts.All(60) }, fixture.Plane.Sessions);
        fixture.Run("ku conf timeout default buckets-log2 0");
        Assert.Equal(SessionSettings.Default with { BucketCount = 1 }, fixture.Plane.Sessions);
        fixture.RunAll("ku conf buckets 16777216", "ku conf buckets-log2 24");
        fixture.Run("ku conf masquerade-ports 40000-49999");
        Assert.Equal(SessionSettings.Default with { BucketCount = 1 << 24, MasqueradePorts = new(40_000, 49_999) }, fixture.Plane.Sessions);
        Assert.Equal(5, fixture.Plane.Log.Count(call => call == "Configure"));
    }

    [Fact]
    public void ConfChangesTheTimesOfTheKindsThatItNames()
    {
        using var fixture = new CatalogFixture();
        fixture.Run("ku conf timeout udp 30 tcp-closing 10 buckets 4096");
        SessionTimeouts expected = SessionTimeouts.Default with { Udp = 30, TcpClosing = 10 };
        Assert.Equal(SessionSettings.Default with { BucketCount = 4096, Timeouts = expected }, fixture.Plane.Sessions);
        fixture.Run("ku conf timeout icmp 5 tcp 6 tcp-opening 7 udp default");
        Assert.Equal(new SessionTimeouts(120, 6, 7, 10, 5), fixture.Plane.Sessions.Timeouts);
        fixture.RunAll("ku conf timeout 9", "ku conf timeout tcp 1000000");
        Assert.Equal(SessionTimeouts.All(9) with { Tcp = 1_000_000 }, fixture.Plane.Sessions.Timeouts);
        fixture.Run("ku conf timeout default");
        Assert.Equal(SessionTimeouts.Default, fixture.Plane.Sessions.Timeouts);
    }

    [Fact]
    public void EveryCommandHasAPathAndHelp()
    {
        using var fixture = new CatalogFixture();
        Assert.Equal(
            ["kube-proxy conf", "kube-proxy vip", "kube-proxy pod", "kube-proxy set interface nat4", "kube-proxy set interface nat6",
                "show kube-proxy", "show kube-proxy vip", "show kube-proxy vips", "show kube-proxy sessions",
                "show kube-proxy why", "show kube-proxy memory", "show kube-proxy runtime", "test kube-proxy flowtable flush"],
            fixture.Commands.Select(command => command.Path));
        Assert.All(fixture.Commands, command => Assert.StartsWith(command.Path, command.Help, StringComparison.Ordinal));
    }
}
