using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>Node ports that cannot be, refused by name; nothing changes.</summary>
public sealed class NodePortRefusalTests : IDisposable
{
    private readonly CatalogFixture _fixture = new();

    public NodePortRefusalTests() => _fixture.RunAll(
        "ku vip 90.0.0.1 port 80 protocol tcp node_port 30080", "ku vip 2003::1 port 53 protocol udp node_port 31000", "ku vip 90.0.0.1 port 81");

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("port 82 protocol tcp node_port 30080", "node_port 30080 protocol tcp is taken by service protocol tcp port 80 of VIP 90.0.0.1/32")]
    [InlineData("port 82 node_port 30080", "node_port 30080 protocol tcp is taken by service protocol tcp port 80 of VIP 90.0.0.1/32")]
    [InlineData("port 80 protocol tcp node_port 30081", "service protocol tcp port 80 of VIP 90.0.0.1/32 is there already")]
    [InlineData("port 82 node_port 29999", "node_port 29999 is out of the node port range (30000 to 32767)")]
    [InlineData("port 82 node_port 32768", "node_port 32768 is out of the node port range (30000 to 32767)")]
    [InlineData("port 82 node_port 0", "node_port \"0\" is out of range (1 to 65535)")]
    [InlineData("port 82 node_port 65536", "node_port \"65536\" is out of range (1 to 65535)")]
    [InlineData("port 82 node_port", "option node_port needs a value")]
    [InlineData("port 82 node_port any", "node_port \"any\" is not a number (1 to 65535)")]
    [InlineData("port 82 node_port 30001 node_port 30002", "option node_port is given twice")]
    [InlineData("node_port 30001", "node_port 30001 needs a port: a node port stands for one port of a service")]
    [InlineData("protocol any node_port 30001", "node_port 30001 needs a port: a node port stands for one port of a service")]
    [InlineData("protocol tcp node_port 30001", "node_port 30001 needs a port: a node port stands for one port of a service")]
    [InlineData("port 82 protocol any node_port 30001", "protocol any has no port 82: say tcp, udp or sctp, or leave the protocol out for tcp and udp")]
    [InlineData("port 80 node_port 30081 del", "node_port 30081 does not match: service protocol tcp port 80 of VIP 90.0.0.1/32 has node_port 30080")]
    [InlineData("port 81 node_port 30080 del", "node_port 30080 does not match: service protocol tcp port 81 of VIP 90.0.0.1/32 has none")]
    [InlineData("same_as 2003::1 node_port 30001", "same_as 2003::1/128 means all services of that VIP: no other option has a place beside it")]
    public void AnOptionThatCannotBeIsRefused(string words, string message) => Assert.Equal(message, _fixture.Fail($"ku vip 90.0.0.1 {words}"));

    /// <summary>UDP alone is taken: the TCP half must not be added either.</summary>
    [Fact]
    public void OfTwoServicesAtOnceNeitherIsAddedIfOneClashes() => Assert.Equal(
        "node_port 31000 protocol udp is taken by service protocol udp port 53 of VIP 2003::1/128",
        _fixture.Fail("ku vip 2003::2 port 80 node_port 31000"));

    [Theory]
    [InlineData("30081-32767", "node-port-range 30081-32767 leaves out node_port 30080 of service protocol tcp port 80 of VIP 90.0.0.1/32")]
    [InlineData("30000-30999", "node-port-range 30000-30999 leaves out node_port 31000 of service protocol udp port 53 of VIP 2003::1/128")]
    [InlineData("31000-30080", "node-port-range \"31000-30080\": the first port is above the last")]
    [InlineData("0-40000", "node-port-range: first port \"0\" is out of range (1 to 65535)")]
    [InlineData("1-65536", "node-port-range: last port \"65536\" is out of range (1 to 65535)")]
    [InlineData("30000", "node-port-range \"30000\" is not a range of ports, such as 32768-65535")]
    [InlineData("1-2-3", "node-port-range \"1-2-3\" is not a range of ports, such as 32768-65535")]
    [InlineData("30000-", "node-port-range: last port \"\" is not a number (1 to 65535)")]
    [InlineData("", "option node-port-range needs a value")]
    [InlineData("1-65535 node-port-range 1-65535", "option node-port-range is given twice")]
    [InlineData("1-65535 buckets 3", "buckets 3 is not a power of two (1 to 16777216)")]
    [InlineData("1-65535 timeout 0", "timeout \"0\" is out of range (1 to 1000000)")]
    public void ARangeThatCannotBeIsRefused(string words, string message) => Assert.Equal(message, _fixture.Fail($"ku conf node-port-range {words}"));

    [Fact]
    public void WithARangeThatCannotBeNothingElseChangesEither() => Assert.StartsWith(
        "node-port-range 1-2 leaves out node_port 30080", _fixture.Fail("ku conf buckets 16 node-port-range 1-2 timeout 5"), StringComparison.Ordinal);

    [Fact]
    public void TheRangeIsWhatWasSaidLast()
    {
        _fixture.RunAll("ku conf node-port-range 30080-31000", "ku conf buckets 1024");
        Assert.Contains("node ports      2 of 30080-31000\n", _fixture.Run("show ku"), StringComparison.Ordinal);
        Assert.Equal("node_port 31001 is out of the node port range (30080 to 31000)", _fixture.Fail("ku vip 90.0.0.1 port 82 node_port 31001"));
        _fixture.RunAll("ku vip 2003::1 del", "ku vip 90.0.0.1 port 80 del", "ku conf node-port-range 80-80", "ku vip 90.0.0.2 port 80 node_port 80");
        Assert.Equal(2, _fixture.Plane.NodePorts.Count);
    }

    [Fact]
    public void TheLimitOfSlotsIsRefusedWithItsNumber()
    {
        using var fixture = new CatalogFixture(vips: 3);
        fixture.Run("ku vip 90.0.0.1 port 80 protocol tcp node_port 30080");
        Assert.Equal("no room for node_port 30081: the limit is 3 VIPs and node ports", fixture.Fail("ku vip 90.0.0.1 port 81 node_port 30081"));
        fixture.Run("ku vip 90.0.0.1 port 81 protocol tcp node_port 30081");
    }
}
