using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>LIF-10: ways to a pod of every kind, beside those of <see cref="RouteStories"/>.</summary>
public abstract class WayStories(HostFixture fixture) : Story(fixture)
{
    private readonly List<string> _routes = [];

    [Theory]
    [Trait("Check", "LIF-10")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void APodThatOnlyTheDefaultRouteLeadsToIsServed(Family family)
    {
        Pod router = new(10);
        (IPEndPoint pod, byte[] request) = Prepare(family);
        Assert.Equal(0, ClientsSend(request).Count);
        Route($"{(family == Family.Ip4 ? "0.0.0.0/0" : "::/0")} via {router.Address(family)} {Lab.PodSide}");
        AssertSame(Expect.ToPod(request, Lab.To(router), pod), Assert.Single(ClientsSend(request).On(Lab.PodSide)));
        Unroute();
        Assert.Equal(0, ClientsSend(request).Count);
    }

    [Theory]
    [Trait("Check", "LIF-10")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void APodBehindARouteThatIsFoundByAnotherRouteIsServed(Family family)
    {
        Assert.SkipUnless(Host is VppHost, "the embedded host has no routes without an interface");
        Pod router = new(10);
        (IPEndPoint pod, byte[] request) = Prepare(family);
        Route($"{Network(family)} via {(family == Family.Ip4 ? "10.69.0.1" : "fd69::1")}");
        Assert.Equal(0, ClientsSend(request).Count);
        Route($"{(family == Family.Ip4 ? "10.69.0.0/16" : "fd69::/64")} via {router.Address(family)} {Lab.PodSide}");
        AssertSame(Expect.ToPod(request, Lab.To(router), pod), Assert.Single(ClientsSend(request).On(Lab.PodSide)));
    }

    [Theory]
    [Trait("Check", "LIF-10")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void AFlowFollowsItsPodToAnotherInterface(Family family)
    {
        Pod router = new(10);
        (IPEndPoint pod, byte[] request) = Prepare(family);
        for (int round = 0; round < 3; round++)
        {
            Route($"{Network(family)} via {router.Address(family)} {Lab.PodSide}");
            AssertSame(Expect.ToPod(request, Lab.To(router), pod), Assert.Single(ClientsSend(request).On(Lab.PodSide)));
            Unroute();
            Route($"{Network(family)} via {(family == Family.Ip4 ? "10.1.0.10" : "fd01::10")} {Lab.ClientSide}");
            AssertSame(Expect.ToPod(request, Lab.ToClients, pod), Assert.Single(ClientsSend(request).On(Lab.ClientSide)));
            Unroute();
        }
    }

    /// <summary>The router asks for it, and drops what it cannot send meanwhile.</summary>
    [Theory]
    [Trait("Check", "LIF-10")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void APodWhoseLinkAddressIsNotKnownYetIsServedAsSoonAsItIs(Family family)
    {
        Assert.SkipUnless(Host is VppHost, "the embedded host asks for no neighbours");
        string address = family == Family.Ip4 ? "10.2.0.200" : "fd02::200";
        Service service = Cluster.Add(family, Transport.Udp, 53, pods: []);
        Lab.Type($"ku pod {service.Key} {address}");
        byte[] request = FromClient(FlowTo(service, Transport.Udp));
        Assert.Equal(0, ClientsSend(request).Count);
        Lab.Type($"set ip neighbor {Lab.PodSide} {address} 02:00:00:00:0d:0a static");
        try
        {
            AssertSame(Expect.ToPod(request, Lab.To(new Pod(10)), new IPEndPoint(IPAddress.Parse(address), 53)), Assert.Single(ClientsSend(request).On(Lab.PodSide)));
        }
        finally
        {
            Host.Cli($"set ip neighbor del {Lab.PodSide} {address} 02:00:00:00:0d:0a static");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Unroute();
        base.Dispose(disposing);
    }

    private static string Network(Family family) => family == Family.Ip4 ? "198.18.0.0/16" : "fd68::/64";

    /// <summary>A service of a pod that nothing leads to yet, and a packet of its client.</summary>
    private (IPEndPoint Pod, byte[] Request) Prepare(Family family)
    {
        IPEndPoint pod = new(IPAddress.Parse(family == Family.Ip4 ? "198.18.1.1" : "fd68::11"), 53);
        Service service = Cluster.Add(family, Transport.Udp, 53, pods: []);
        Lab.Type($"ku pod {service.Key} {pod.Address}");
        return (pod, FromClient(FlowTo(service, Transport.Udp)));
    }

    private void Route(string words)
    {
        Lab.Type($"ip route add {words}");
        _routes.Add(words);
    }

    private void Unroute()
    {
        foreach (string words in _routes)
            Host.Cli($"ip route del {words}");
        _routes.Clear();
    }
}

[Collection<VppAloneCollection>]
public sealed class WaysInVpp(VppAlone host) : WayStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class WaysInVppWithOneWorker(VppWithOneWorker host) : WayStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class WaysInTheEmbeddedHost(EmbeddedHost host) : WayStories(host);
