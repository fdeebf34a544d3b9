using System.Net;
using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>What the catalogue writes where workers read it: for which pods packets change alike, and which get no new flows.</summary>
public sealed unsafe class PodRecordTests : IDisposable
{
    private readonly CatalogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("90.0.0.1/32", "port 80 protocol tcp", true)]
    [InlineData("90.0.0.1/32", "port 80 protocol udp", true)]
    [InlineData("90.0.0.1/32", "port 80 protocol sctp", false)]
    [InlineData("90.0.0.1/32", "protocol tcp", false)]
    [InlineData("90.0.0.0/31", "port 80 protocol tcp", false)]
    [InlineData("2003::1/128", "port 80 protocol tcp", false)]
    [InlineData("2003::1/128", "port 80 protocol tcp nat64 masquerade 10.9.9.9", false)]
    [InlineData("90.0.0.1/32", "port 80 protocol tcp nat46", false)]
    public void PacketsOfOneAddressAndOnePortOverIp4ChangeAlike(string vip, string options, bool areAlike)
    {
        string pod = vip.Contains(':') == options.Contains("nat", StringComparison.Ordinal) ? "10.0.0.1" : "2001::1";
        _fixture.RunAll($"ku vip {vip} {options}", $"ku pod {vip} {pod}");
        PodRecord record = RecordOf(vip);
        uint expected = areAlike ? BitConverter.ToUInt32(IPAddress.Parse("90.0.0.1").GetAddressBytes()) : 0;
        Assert.Equal((expected, areAlike ? Be16.FromHost(80).Wire : (ushort)0), (record.FixedDestination, record.FixedPortWire));
    }

    [Fact]
    public void WorkersKnowWhichPodsGetNoNewFlows()
    {
        byte[] Held(string line)
        {
            _fixture.Run(line);
            return [.. _fixture.Vip("90.0.0.1/32").Services.Single().Pods.Select(pod => _fixture.Plane.Pods[pod.Slot].IsHeldBack)];
        }

        _fixture.Run("ku vip 90.0.0.1 port 80 protocol tcp");
        Assert.Equal([0, 0], Held("ku pod 90.0.0.1 10.0.0.1 10.0.0.2"));
        Assert.Equal([0, 1], Held("ku pod 90.0.0.1 10.0.0.2 weight 0"));
        Assert.Equal([0, 0], Held("ku pod 90.0.0.1 10.0.0.2 weight 3"));
        Assert.Equal([1, 0], Held("ku pod 90.0.0.1 10.0.0.1 drain"));
        Assert.Equal([0, 0], Held("ku pod 90.0.0.1 10.0.0.1"));
    }

    private PodRecord RecordOf(string vip) => _fixture.Plane.Pods[_fixture.Vip(vip).Services.Single().Pods.Single().Slot];
}
