using System.Net;
using System.Net.NetworkInformation;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>MAL-15: clients behind GRE, VXLAN and memif, by VPP's plugins of these names. Frames are compared in full, outer headers included.</summary>
public abstract class TunnelStories(HostFixture fixture) : Story(fixture)
{
    private const int TargetPort = 8080;
    private const int Segment = 9;
    private static readonly IPAddress Here = IPAddress.Parse("10.1.0.1");
    private static readonly IPAddress Peer = IPAddress.Parse("10.1.0.10");
    private static readonly PhysicalAddress Station = PhysicalAddress.Parse("02-00-00-00-0E-01");

    [Theory]
    [Trait("Check", "MAL-15")]
    [ClassData(typeof(FlowKinds))]
    public void AFlowThroughAGreTunnelIsTranslatedBothWays(Family family, Transport transport)
    {
        SkipWithout("gre");
        string ends = $"src {Here} dst {Peer}";
        string tunnel = Host.Cli($"create gre tunnel {ends}");
        string route = $"{(family == Family.Ip4 ? "10.8.0.0/16" : "fd08::/64")} via {tunnel}";
        try
        {
            Lab.Type($"set interface state {tunnel} up");
            Lab.Type($"set interface unnumbered {tunnel} use {Lab.ClientSide}");
            Lab.Type($"ip route add {route}");
            Flow flow = Serve(family, transport);
            AssertBothWays(
                flow, Lab.FromClients,
                request => Exchange(new Injection(Lab.ClientSide, [Tunnels.Gre(request, Peer, Here)])),
                answer => Exchange(new Injection(Lab.PodSide, [answer])),
                (answer, _) => Tunnels.Gre(answer, Here, Peer));
        }
        finally
        {
            Cluster.Dispose();
            Host.Cli($"ip route del {route}");
            Host.Cli($"set interface unnumbered del {tunnel}");
            Host.Cli($"create gre tunnel {ends} del");
        }
    }

    /// <summary>The segment is a bridge with a routed port. VPP takes the outer source port from a hash of what is inside.</summary>
    [Theory]
    [Trait("Check", "MAL-15")]
    [ClassData(typeof(FlowKinds))]
    public void AFlowThroughAVxlanSegmentIsTranslatedBothWays(Family family, Transport transport)
    {
        SkipWithout("vxlan");
        string ends = $"src {Here} dst {Peer} vni {Segment}";
        string loop = Host.Cli("create loopback interface");
        string tunnel = Host.Cli($"create vxlan tunnel {ends}");
        try
        {
            Address(loop, family);
            Lab.Type($"set interface l2 bridge {loop} 78 bvi");
            Lab.Type($"set interface l2 bridge {tunnel} 78");
            Flow flow = Serve(family, transport);
            AssertBothWays(
                flow, new Link(Station, Host.MacOf(loop)),
                request => Exchange(new Injection(Lab.ClientSide, [Tunnels.Vxlan(request, Lab.FromClients, new IPEndPoint(Peer, 40_000), Here, Segment)])),
                answer => Exchange(new Injection(Lab.PodSide, [answer])),
                (answer, back) => Tunnels.Vxlan(answer, Lab.ToClients, new IPEndPoint(Here, new IpView(back).SourcePort), Peer, Segment));
        }
        finally
        {
            Cluster.Dispose();
            Host.Cli($"create vxlan tunnel {ends} del");
            Host.Cli($"delete loopback interface intfc {loop}");
        }
    }

    /// <summary>The clients' packets come out of shared memory; both of its ends are this VPP's, and the far one is cross-connected with a packet interface.</summary>
    [Theory]
    [Trait("Check", "MAL-15")]
    [ClassData(typeof(FlowKinds))]
    public void AFlowThroughSharedMemoryIsTranslatedBothWays(Family family, Transport transport)
    {
        SkipWithout("memif");
        string clients = Host.CreatePacketInterface(2);
        try
        {
            Connect(clients);
            Address("memif1/0", family);
            Flow flow = Serve(family, transport);
            AssertBothWays(
                flow, new Link(Station, Host.MacOf("memif1/0")),
                request => Host.ExchangeUntil(1, new Injection(clients, [request])),
                answer => Host.ExchangeUntil(1, new Injection(Lab.PodSide, [answer])),
                (answer, _) => answer);
        }
        finally
        {
            Cluster.Dispose();
            foreach (int end in (int[])[2, 1])
            {
                Host.Cli($"delete interface memif memif{end}/0");
                Host.Cli($"delete memif socket id {end}");
            }

            Host.DeletePacketInterface(clients);
        }
    }

    private void SkipWithout(string plugin) =>
        Assert.SkipUnless(VppInstallation.Found!.Has(plugin), $"this VPP was built without {plugin}_plugin.so");

    private Flow Serve(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort, [new Pod(1)]);
        return new Flow(transport, new IPEndPoint(IPAddress.Parse(family == Family.Ip4 ? "10.8.0.9" : "fd08::9"), 4000), service.Vip);
    }

    /// <summary>An interface that clients are neighbours on.</summary>
    private void Address(string name, Family family)
    {
        Lab.Type($"set interface state {name} up");
        Lab.Type($"set interface ip address {name} {(family == Family.Ip4 ? "10.8.0.1/16" : "fd08::1/64")}");
        Lab.Type($"set ip neighbor {name} {(family == Family.Ip4 ? "10.8.0.9" : "fd08::9")} 02:00:00:00:0e:01 static");
    }

    /// <summary>memif1/0 and memif2/0 are the two ends of one piece of memory.</summary>
    private void Connect(string clients)
    {
        foreach ((int end, string role) in ((int, string)[])[(1, "master"), (2, "slave")])
        {
            Lab.Type($"create memif socket id {end} filename clients.sock");
            Lab.Type($"create interface memif id 0 socket-id {end} {role} hw-addr 02:00:00:00:0f:0{end}");
        }

        Lab.Type("set interface state memif1/0 up");
        Lab.Type("set interface state memif2/0 up");
        Lab.Type($"set interface l2 xconnect {clients} memif2/0");
        Lab.Type($"set interface l2 xconnect memif2/0 {clients}");
        Wait.Until(() => Host.Cli("show memif").Split(" connected").Length == 3, TimeSpan.FromSeconds(10), "both ends to be connected");
    }

    /// <summary>A request, one of the known flow, and an answer; each arrives and leaves alone.</summary>
    private void AssertBothWays(
        Flow flow, Link arrives, Func<byte[], Capture> clientSends, Func<byte[], Capture> podSends, Func<byte[], byte[], byte[]> wrapped)
    {
        Pod pod = new(1);
        Family family = flow.IsIp6 ? Family.Ip6 : Family.Ip4;
        byte[] request = PacketFactory.Build(flow, arrives, PacketOptions.Plain);
        for (int round = 0; round < 2; round++)
            AssertSame(Expect.ToPod(request, Lab.To(pod), pod.At(family, TargetPort)), Alone(clientSends(request)));
        byte[] answer = FromPod(pod, new Flow(flow.Transport, pod.At(family, TargetPort), flow.Source));
        byte[] back = Alone(podSends(answer));
        AssertSame(wrapped(Expect.FromVip(answer, new Link(arrives.To, arrives.From), flow.Destination), back), back);
        Assert.Equal(1, SessionCount());
    }

    private static byte[] Alone(Capture capture) => Assert.Single(capture.All, frame => !Tunnels.IsNoise(frame));
}

[Collection<VppWithTunnelsCollection>]
public sealed class TunnelsInVpp(VppWithTunnels host) : TunnelStories(host);

[Collection<VppWithTunnelsAndOneWorkerCollection>]
public sealed class TunnelsInVppWithOneWorker(VppWithTunnelsAndOneWorker host) : TunnelStories(host);

[Collection<VppWithTunnelsAndTwoWorkersCollection>]
public sealed class TunnelsInVppWithTwoWorkers(VppWithTunnelsAndTwoWorkers host) : TunnelStories(host);
