using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>The plugin among others, twice, and not at all. Each story has a VPP of its own.</summary>
public sealed class NeighbourPluginStories
{
    /// <summary>lb and cnat have VIPs of their own on the same pods, nat44-ed translates another interface: each packet is its owner's business.</summary>
    [Theory]
    [Trait("Check", "LIF-16")]
    [InlineData(0)]
    [InlineData(1)]
    public void BesideLbAndCnatAndNat44EachServesItsOwn(int workers)
    {
        using Beside story = new(new VppOptions { Workers = workers, PluginsIfThere = ["nat", "cnat", "lb"], MainHeapSize = "2G" });
        Service service = story.Serve();
        story.OpenTheOthers();
        for (int round = 0; round < 3; round++)
        {
            story.AssertServed(service);
            story.AssertTheOthersServe();
        }
    }

    [Fact]
    [Trait("Check", "LIF-12")]
    public void ADisabledPluginIsNotThereAndVppGoesOn()
    {
        using Beside story = new(new VppOptions { PluginWords = "plugin kubeproxy_plugin.so { disable }" }, isThere: false);
        Assert.DoesNotContain("kubeproxy", story.Host.Cli("show plugins"), StringComparison.Ordinal);
        Assert.Contains("unknown input", story.Host.Cli("ku vip 90.1.2.3/32 port 80 nat4"), StringComparison.Ordinal);
        Assert.True(story.Host.IsAlive);
    }

    /// <summary>VPP loads every file of its folder; the second copy sees that the nodes are there, and stays away.</summary>
    [Theory]
    [Trait("Check", "LIF-12")]
    [InlineData(0)]
    [InlineData(1)]
    public void OfTwoCopiesOneServes(int workers)
    {
        using Beside story = new(new VppOptions { Workers = workers, PluginNames = ["kubeproxy_plugin.so", "kubeproxy_copy_plugin.so"] });
        Service service = story.Serve();
        story.AssertServed(service);
        Assert.Contains("not started: another copy of the plugin is loaded", story.Host.Log + story.Host.Cli("show logging"), StringComparison.Ordinal);
        ((PacketHost)story.Host).StopAndExpectCleanExit();
    }

    private sealed class OwnVpp(VppOptions options) : VppFixture(options);

    /// <summary>A VPP without the return feature set: the plugin need not be there.</summary>
    private sealed class PlainVpp : IDisposable
    {
        public PlainVpp(VppOptions options)
        {
            Assert.SkipWhen(VppHost.Missing(options) is not null, VppHost.Missing(options) ?? "");
            Host = VppHost.Start(options);
        }

        public VppHost Host { get; }

        public void Dispose() => Host.Dispose();
    }

    private sealed class Beside : IDisposable
    {
        private const string LbVip = "90.8.0.1";
        private const string CnatVip = "90.9.0.1";
        private readonly Served? _served;
        private readonly PlainVpp? _plain;

        public Beside(VppOptions options, bool isThere = true)
        {
            if (isThere)
                _served = new Served(options);
            else
                _plain = new PlainVpp(options);
        }

        public IPacketHost Host => _served?.Host ?? _plain!.Host;

        public Service Serve() => _served!.Serve();

        public void AssertServed(Service service) => _served!.AssertServed(service);

        public void OpenTheOthers() => _served!.TypeThere(
            "nat44 plugin enable sessions 1024", "create packet-generator interface pg2", "set interface state pg2 up", "set interface ip address pg2 10.9.0.1/24", "set interface nat44 in pg2",
            $"lb conf ip4-src-address 10.2.0.1 buckets 1024 timeout 40", $"lb vip {LbVip}/32 protocol udp port 53 encap nat4 type clusterip target_port 53 new_len 16",
            $"lb as {LbVip}/32 protocol udp port 53 10.2.0.11", $"cnat translation add proto udp vip {CnatVip} 53 to ->10.2.0.12 53");

        public void AssertTheOthersServe()
        {
            foreach ((string vip, int pod) in (ReadOnlySpan<(string, int)>)[(LbVip, 1), (CnatVip, 2)])
                Assert.Equal(new Pod(pod).Address(Family.Ip4), new IpView(_served!.SendTo(vip)).Destination);
        }

        public void Dispose()
        {
            _served?.Dispose();
            _plain?.Dispose();
        }
    }

    private sealed class Served(VppOptions options) : Story(new OwnVpp(options))
    {
        public new IPacketHost Host => base.Host;

        public Service Serve() => Cluster.Add(Family.Ip4, Transport.Udp, 53, pods: [new Pod(3)]);

        public void AssertServed(Service service)
        {
            Flow[] flows = [.. Enumerable.Range(0, 50).Select(i => FlowTo(service, Transport.Udp, i))];
            Assert.All(Converse(service, flows), pod => Assert.Equal(new Pod(3), pod));
        }

        public void TypeThere(params IReadOnlyList<string> lines)
        {
            foreach (string line in lines)
            {
                string printed = Host.Cli(line);
                if (printed.Contains("unknown input", StringComparison.Ordinal) || printed.Contains("error", StringComparison.Ordinal))
                    throw new TestbedException($"'{line}': {printed}");
            }
        }

        public byte[] SendTo(string vip)
        {
            Flow flow = new(Transport.Udp, Lab.Client(Family.Ip4, 7), IPEndPoint.Parse($"{vip}:53"));
            return Assert.Single(Host.Exchange(new Injection(Lab.ClientSide, [FromClient(flow)])).On(Lab.PodSide));
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
                Lab.Dispose();
        }
    }
}
