using KubeProxy.EndToEnd.Tests.Setup;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>The embedded host has table 0 only, and says so.</summary>
[Collection<EmbeddedHostCollection>]
public sealed class EmbeddedTableStories(EmbeddedHost host) : Story(host)
{
    [Theory]
    [InlineData(Family.Ip4, "90.1.2.3", "IPv4")]
    [InlineData(Family.Ip6, "2003::3", "IPv6")]
    public void AnotherTableThanZeroIsRefused(Family family, string vip, string name)
    {
        Assert.Equal($"kube-proxy vip: table 7 does not exist in {name}", Host.Cli($"ku vip {vip} port 80 table 7"));
        Assert.Equal("no VIPs", Host.Cli("show ku vips"));
        Service service = Cluster.Add(family, 80, prefix: vip, pods: [], options: "table 0");
        Cluster.AddPods(service, new Pod(1));
        Assert.DoesNotContain("table", Host.Cli("show ku vips"), StringComparison.Ordinal);
    }
}
