using System.Net;
using System.Net.NetworkInformation;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>The way to a pod changes under a service's feet.</summary>
public abstract class RouteStories(HostFixture fixture) : Story(fixture)
{
    private static readonly PhysicalAddress OtherMac = new([2, 0, 0, 0, 0x0e, 1]);

    [Theory]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void APodThatChangesItsLinkAddressIsReachedAtTheNewOne(Family family)
    {
        Pod pod = new(15);
        Service service = Cluster.Add(family, Transport.Udp, 53, pods: [pod]);
        byte[] request = FromClient(FlowTo(service, Transport.Udp));
        AssertReachedPods([request], ClientsSend(request), family);
        SetNeighbour(pod.Address(family), OtherMac);
        try
        {
            byte[] left = Assert.Single(ClientsSend(request).On(Lab.PodSide));
            AssertSame(Expect.ToPod(request, new Link(Host.MacOf(Lab.PodSide), OtherMac), pod.At(family, 53)), left);
        }
        finally
        {
            SetNeighbour(pod.Address(family), pod.Mac);
        }

        AssertReachedPods([request], ClientsSend(request), family);
    }

    [Theory]
    [Trait("Check", "LIF-10")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void APodBehindARouterFollowsItsRoute(Family family)
    {
        (string network, string address) = family == Family.Ip4 ? ("10.66.0.0/16", "10.66.1.1") : ("fd66::/64", "fd66::11");
        IPEndPoint pod = new(IPAddress.Parse(address), 53);
        Service service = Cluster.Add(family, Transport.Udp, 53, pods: []);
        byte[] request = FromClient(FlowTo(service, Transport.Udp));
        Lab.Type($"ku pod {service.Key} {address}");
        Assert.Equal(0, ClientsSend(request).Count);
        for (int round = 0; round < 3; round++)
        {
            Pod router = new(10 + round);
            string route = $"{network} via {router.Address(family)} {Lab.PodSide}";
            Lab.Type($"ip route add {route}");
            byte[] left = Assert.Single(ClientsSend(request).On(Lab.PodSide));
            AssertSame(Expect.ToPod(request, Lab.To(router), pod), left);
            Lab.Type($"ip route del {route}");
            Assert.Equal(0, ClientsSend(request).Count);
        }
    }

    [Theory]
    [Trait("Check", "LIF-10")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void APodBehindTwoEqualRoutesIsReachedOverThem(Family family)
    {
        Assert.SkipUnless(Host is VppHost, "the embedded host has no equal-cost routes");
        (string network, string address) = family == Family.Ip4 ? ("10.67.0.0/16", "10.67.1.1") : ("fd67::/64", "fd67::11");
        Pod[] routers = [new Pod(10), new Pod(11)];
        foreach (Pod router in routers)
            Lab.Type($"ip route add {network} via {router.Address(family)} {Lab.PodSide}");
        try
        {
            Service service = Cluster.Add(family, Transport.Udp, 53, pods: []);
            Lab.Type($"ku pod {service.Key} {address}");
            Flow[] flows = [.. Enumerable.Range(0, 200).Select(i => FlowTo(service, Transport.Udp, i))];
            IReadOnlyList<byte[]> requests = FromClients(flows);
            IReadOnlyList<byte[]> left = ClientsSend(requests).On(Lab.PodSide);
            Assert.Equal(requests.Count, left.Count);
            Assert.All(left, frame => Assert.Contains(routers, router => frame.AsSpan(0, 6).SequenceEqual(router.Mac.GetAddressBytes())));
            Assert.All(left, frame => Assert.Equal(IPAddress.Parse(address), new IpView(frame).Destination));
        }
        finally
        {
            foreach (Pod router in routers)
                Host.Cli($"ip route del {network} via {router.Address(family)} {Lab.PodSide}");
        }
    }

    [Theory]
    [Trait("Check", "LIF-03")]
    [InlineData(Family.Ip4)]
    [InlineData(Family.Ip6)]
    public void NothingLeavesAnInterfaceThatIsDownAndAllDoesWhenItIsUpAgain(Family family)
    {
        Service service = Cluster.Add(family, Transport.Udp, 53, pods: [new Pod(3)]);
        byte[] request = FromClient(FlowTo(service, Transport.Udp));
        AssertReachedPods([request], ClientsSend(request), family);
        Lab.Type($"set interface state {Lab.PodSide} down");
        try
        {
            Assert.Equal(0, ClientsSend(request).Count);
        }
        finally
        {
            Lab.Type($"set interface state {Lab.PodSide} up");
        }

        AssertReachedPods([request], ClientsSend(request), family);
    }

    private void SetNeighbour(IPAddress address, PhysicalAddress mac) =>
        Lab.Type($"set ip neighbor {Lab.PodSide} {address} {string.Join(':', mac.GetAddressBytes().Select(value => $"{value:x2}"))} static");
}

[Collection<VppAloneCollection>]
public sealed class RoutesInVpp(VppAlone host) : RouteStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class RoutesInVppWithOneWorker(VppWithOneWorker host) : RouteStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class RoutesInVppWithTwoWorkers(VppWithTwoWorkers host) : RouteStories(host);

[Collection<EmbeddedHostCollection>]
public sealed class RoutesInTheEmbeddedHost(EmbeddedHost host) : RouteStories(host);
