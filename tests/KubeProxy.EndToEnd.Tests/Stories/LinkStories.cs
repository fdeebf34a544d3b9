using System.Net;
using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>
/// MAL-15: clients and pods on VLANs, on VLANs in VLANs, behind bridges and behind tunnels. What a story compares are whole frames: inside its tags or its
/// outer header, each is what it would be without.
/// </summary>
public abstract class LinkStories(HostFixture fixture) : Story(fixture)
{
    private const int TargetPort = 8080;
    private const string Station = "02:00:00:00:0e:01";

    /// <summary>Tags on both sides: one, two of 802.1Q, two of 802.1ad.</summary>
    public static TheoryData<Family, Transport, string> Tags { get; } =
        [.. from family in Enum.GetValues<Family>()
            from transport in (Transport[])[Transport.Tcp, Transport.Udp]
            from kind in (string[])["dot1q 100", "dot1q 200 inner-dot1q 300", "dot1ad 400 inner-dot1q 500"]
            select (family, transport, kind)];

    [Theory]
    [Trait("Check", "MAL-15")]
    [MemberData(nameof(Tags))]
    public void AFlowThroughVlansOnBothSidesIsTranslatedBothWays(Family family, Transport transport, string kind)
    {
        int number = int.Parse(kind.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        string clients = Create(Lab.ClientSide, number, kind, family == Family.Ip4 ? "10.4.0.1/16" : "fd04::1/64");
        string pods = Create(Lab.PodSide, number, kind, family == Family.Ip4 ? "10.5.0.1/16" : "fd05::1/64");
        IPAddress client = IPAddress.Parse(family == Family.Ip4 ? "10.4.0.9" : "fd04::9");
        IPAddress pod = IPAddress.Parse(family == Family.Ip4 ? "10.5.0.9" : "fd05::9");
        try
        {
            Lab.Type($"set ip neighbor {clients} {client} {Station} static");
            Lab.Type($"set ip neighbor {pods} {pod} {Station} static");
            Lab.Type($"ku set interface {(family == Family.Ip4 ? "nat4" : "nat6")} in {pods}");
            Service service = Cluster.Add(family, transport, 80, TargetPort, []);
            Lab.Type($"ku pod {service.Key} {pod}");
            AssertBothWays(new Flow(transport, new IPEndPoint(client, 4000), service.Vip), new IPEndPoint(pod, TargetPort), TagsOf(kind));
        }
        finally
        {
            Cluster.Dispose();
            Host.Cli($"delete sub-interface {clients}");
            Host.Cli($"delete sub-interface {pods}");
        }
    }

    /// <summary>The clients' side is a bridge with a routed port.</summary>
    [Theory]
    [Trait("Check", "MAL-15")]
    [ClassData(typeof(FlowKinds))]
    public void AFlowThroughABridgeIsTranslatedBothWays(Family family, Transport transport)
    {
        string loop = Host.Cli("create loopback interface");
        IPAddress client = IPAddress.Parse(family == Family.Ip4 ? "10.7.0.9" : "fd07::9");
        Lab.Type($"set interface state {loop} up");
        Lab.Type($"set interface ip address {loop} {(family == Family.Ip4 ? "10.7.0.1/16" : "fd07::1/64")}");
        Lab.Type($"set interface l2 bridge {loop} 77 bvi");
        string port = Create(Lab.ClientSide, 700, "dot1q 700", address: null);
        Lab.Type($"set interface l2 bridge {port} 77");
        Lab.Type($"set interface l2 tag-rewrite {port} pop 1");
        Lab.Type($"set ip neighbor {loop} {client} {Station} static");
        try
        {
            Service service = Cluster.Add(family, transport, 80, TargetPort, [new Pod(1)]);
            Flow flow = new(transport, new IPEndPoint(client, 4000), service.Vip);
            Link arrives = new(System.Net.NetworkInformation.PhysicalAddress.Parse("02-00-00-00-0E-01"), Host.MacOf(loop));
            byte[] request = PacketFactory.Build(flow, arrives, PacketOptions.Plain);
            byte[] left = Assert.Single(Exchange(new Injection(Lab.ClientSide, [Vlan.Tagged(request, (Vlan.Customer, 700))])).On(Lab.PodSide));
            AssertSame(Expect.ToPod(request, Lab.To(new Pod(1)), new Pod(1).At(family, TargetPort)), left);
            byte[] answer = FromPod(new Pod(1), new Flow(transport, new Pod(1).At(family, TargetPort), flow.Source));
            byte[] back = Assert.Single(Exchange(new Injection(Lab.PodSide, [answer])).On(Lab.ClientSide));
            AssertSame(Vlan.Tagged(Expect.FromVip(answer, new Link(arrives.To, arrives.From), flow.Destination), (Vlan.Customer, 700)), back);
        }
        finally
        {
            Cluster.Dispose();
            Host.Cli($"delete sub-interface {port}");
            Host.Cli($"delete loopback interface intfc {loop}");
        }
    }

    /// <summary>The clients come through a tunnel that ends here; their answers go back into it.</summary>
    [Theory]
    [Trait("Check", "MAL-15")]
    [ClassData(typeof(FlowKinds))]
    public void AFlowThroughAnIpTunnelIsTranslatedBothWays(Family family, Transport transport)
    {
        string tunnel = Host.Cli("create ipip tunnel src 10.1.0.1 dst 10.1.0.10");
        string route = family == Family.Ip4 ? "10.8.0.0/16" : "fd08::/64";
        Lab.Type($"set interface state {tunnel} up");
        Lab.Type($"set interface unnumbered {tunnel} use {Lab.ClientSide}");
        Lab.Type($"ip route add {route} via {tunnel}");
        try
        {
            Service service = Cluster.Add(family, transport, 80, TargetPort, [new Pod(1)]);
            Flow flow = new(transport, new IPEndPoint(IPAddress.Parse(family == Family.Ip4 ? "10.8.0.9" : "fd08::9"), 4000), service.Vip);
            byte[] inner = FromClient(flow);
            byte[] left = Assert.Single(Exchange(new Injection(Lab.ClientSide, [InTunnel(inner, family)])).On(Lab.PodSide));
            AssertSame(Expect.ToPod(inner, Lab.To(new Pod(1)), new Pod(1).At(family, TargetPort)), left);
            byte[] answer = FromPod(new Pod(1), new Flow(transport, new Pod(1).At(family, TargetPort), flow.Source));
            byte[] back = Assert.Single(Host.Exchange(new Injection(Lab.PodSide, [answer])).On(Lab.ClientSide));
            Assert.Equal(Expect.FromVip(answer, Lab.ToClients, flow.Destination)[14..], back[34..]);
        }
        finally
        {
            Cluster.Dispose();
            Host.Cli($"ip route del {route} via {tunnel}");
            string number = Host.Cli($"show interface {tunnel}").Split('\n')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            Host.Cli($"delete ipip tunnel sw_if_index {number}");
        }
    }

    private static byte[] InTunnel(byte[] frame, Family family)
    {
        byte[] outer = [.. frame[..12], 0x08, 0x00, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, family == Family.Ip4 ? (byte)4 : (byte)41, 0, 0, 10, 1, 0, 10, 10, 1, 0, 1];
        byte[] whole = [.. outer, .. frame[14..]];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(whole.AsSpan(16), (ushort)(whole.Length - 14));
        Checksums.FillIp4Header(whole);
        return whole;
    }

    private static (ushort Type, ushort Id)[] TagsOf(string kind)
    {
        string[] words = kind.Split(' ');
        ushort outer = ushort.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture);
        return words.Length == 2
            ? [(Vlan.Customer, outer)]
            : [(words[0] == "dot1ad" ? Vlan.Service : Vlan.Customer, outer), (Vlan.Customer, ushort.Parse(words[3], System.Globalization.CultureInfo.InvariantCulture))];
    }

    /// <summary>A sub-interface, up, with this address if any.</summary>
    private string Create(string on, int number, string kind, string? address)
    {
        string name = Host.Cli($"create sub-interfaces {on} {number} {kind} exact-match");
        Assert.Equal($"{on}.{number}", name);
        Lab.Type($"set interface state {name} up");
        if (address is not null)
            Lab.Type($"set interface ip address {name} {address}");
        return name;
    }

    private void AssertBothWays(Flow flow, IPEndPoint pod, (ushort Type, ushort Id)[] tags)
    {
        var station = System.Net.NetworkInformation.PhysicalAddress.Parse("02-00-00-00-0E-01");
        byte[] request = PacketFactory.Build(flow, new Link(station, Host.MacOf(Lab.ClientSide)), PacketOptions.Plain);
        for (int round = 0; round < 2; round++)
        {
            byte[] left = Assert.Single(Host.Exchange(new Injection(Lab.ClientSide, [Vlan.Tagged(request, tags)])).On(Lab.PodSide));
            AssertSame(Vlan.Tagged(Expect.ToPod(request, new Link(Host.MacOf(Lab.PodSide), station), pod), tags), left);
        }

        byte[] answer = PacketFactory.Build(new Flow(flow.Transport, pod, flow.Source), new Link(station, Host.MacOf(Lab.PodSide)), PacketOptions.Plain);
        byte[] back = Assert.Single(Host.Exchange(new Injection(Lab.PodSide, [Vlan.Tagged(answer, tags)])).On(Lab.ClientSide));
        AssertSame(Vlan.Tagged(Expect.FromVip(answer, new Link(Host.MacOf(Lab.ClientSide), station), flow.Destination), tags), back);
    }
}

[Collection<VppWithShapesCollection>]
public sealed class LinksInVpp(VppWithShapes host) : LinkStories(host);

[Collection<VppWithShapesAndOneWorkerCollection>]
public sealed class LinksInVppWithOneWorker(VppWithShapesAndOneWorker host) : LinkStories(host);

[Collection<VppWithShapesAndTwoWorkersCollection>]
public sealed class LinksInVppWithTwoWorkers(VppWithShapesAndTwoWorkers host) : LinkStories(host);
