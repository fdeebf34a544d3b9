using KubeProxy.EndToEnd.Tests.Setup;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Xunit;

namespace KubeProxy.EndToEnd.Tests.Stories;

/// <summary>Packets that are too long for the way to their pod: path MTU discovery works through a VIP. The embedded host knows no MTU.</summary>
public abstract class MtuStories(HostFixture fixture) : RouterStory(fixture)
{
    private const int Mtu = 1300;
    private const int VppDefaultMtu = 9000;
    private const int TargetPort = 8080;

    [Theory]
    [Trait("Check", "U-6")]
    [ClassData(typeof(PortKinds))]
    public void ALongPacketIsToldToItsClientWithTheMtu(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort);
        byte[] known = OfLength(FlowTo(service, transport), family, 200);
        AssertReachedPods([known], ClientsSend(known), family, TargetPort);
        SetMtu(Lab.PodSide, Mtu);
        byte[][] tooLong = [.. new[] { (0, 4), (0, 200), (1, 4), (2, 3000) }.Select(
            part => OfLength(FlowTo(service, transport, part.Item1), family, Mtu + part.Item2))];
        AssertTold(tooLong, family, "too long for the way", "reject: packet too big", frame => TooBig(family, frame));
        Assert.Equal(1, SessionCount());
        byte[] longest = OfLength(FlowTo(service, transport), family, Mtu);
        AssertReachedPods([longest], ClientsSend(longest), family, TargetPort);
    }

    [Theory]
    [ClassData(typeof(PortKinds))]
    public void AWayThatTakesMoreAgainTakesThePacket(Family family, Transport transport)
    {
        Service service = Cluster.Add(family, transport, 80, TargetPort);
        SetMtu(Lab.PodSide, Mtu);
        SetMtu(Lab.PodSide, VppDefaultMtu);
        byte[] request = OfLength(FlowTo(service, transport), family, 1400);
        AssertReachedPods([request], ClientsSend(request), family, TargetPort);
    }

    /// <summary>Over IPv6 it is the client that cuts, so the client is told of its fragments too.</summary>
    [Fact]
    public void AFragmentOverIp6ThatIsTooLongIsToldToItsClient()
    {
        Service service = Cluster.Add(Family.Ip6, Transport.Udp, 80, TargetPort, [new Pod(1)]);
        SetMtu(Lab.PodSide, Mtu);
        byte[] whole = FromClient(FlowTo(service, Transport.Udp), PacketOptions.Plain with { PayloadLengthBytes = 2000 });
        (byte[] first, byte[] second) = OddPackets.Split(whole, 1400);
        Capture capture = Host.Exchange(new Injection(Lab.ClientSide, [first, second]));
        byte[] told = Assert.Single(capture.On(Lab.ClientSide));
        Assert.Equal((2, 0), (new IpView(told).L4[0], new IpView(told).L4[1]));
        Assert.True(new IpView(told).L4[8..].SequenceEqual(new IpView(first).Ip[..(1280 - 48)]), "another packet is quoted");
        Assert.Single(capture.On(Lab.PodSide));
    }

    /// <summary>VPP cuts it behind the translation.</summary>
    [Theory]
    [Trait("Check", "U-6")]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public void AnIp4PacketThatMayBeFragmentedReachesItsPodInFragments(Transport transport)
    {
        Service service = Cluster.Add(Family.Ip4, transport, 80, TargetPort, [new Pod(1)]);
        SetMtu(Lab.PodSide, Mtu);
        for (int round = 0; round < 2; round++)
        {
            byte[] request = OfLength(FlowTo(service, transport), Family.Ip4, 2000, isFragmentable: true);
            IReadOnlyList<byte[]> fragments = Host.Exchange(new Injection(Lab.ClientSide, [request])).On(Lab.PodSide);
            Assert.Equal(2, fragments.Count);
            byte[] expected = Expect.ToPod(request, Lab.To(new Pod(1)), new Pod(1).At(Family.Ip4, TargetPort));
            Assert.Equal(expected[34..], Joined(fragments));
        }
    }

    /// <summary>The way is one of several with equal cost: a packet must fit the narrowest, for the pod stays the same whichever it takes.</summary>
    [Theory]
    [ClassData(typeof(FlowKinds))]
    public void OfSeveralWaysTheNarrowestCounts(Family family, Transport transport)
    {
        string pod = family == Family.Ip4 ? "10.77.0.1/32" : "fd77::1/128";
        string near = family == Family.Ip4 ? "10.1.0.10" : "fd01::10";
        Lab.Type($"ip route add {pod} via {new Pod(1).Address(family)} {Lab.PodSide} via {near} {Lab.ClientSide}");
        try
        {
            Service service = Cluster.Add(family, transport, 80, TargetPort, []);
            Lab.Type($"ku pod {service.Key} {pod.Split('/')[0]}");
            SetMtu(Lab.PodSide, Mtu);
            byte[] tooLong = OfLength(FlowTo(service, transport), family, Mtu + 1);
            AssertTold([tooLong], family, "too long for the way", "reject: packet too big", frame => TooBig(family, frame));
        }
        finally
        {
            Host.Cli($"ip route del {pod} via {new Pod(1).Address(family)} {Lab.PodSide} via {near} {Lab.ClientSide}");
        }
    }

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public void AnMtuBelowTheLeastOfIp6HoldsNobodyBack(Transport transport)
    {
        Service service = Cluster.Add(Family.Ip6, transport, 80, TargetPort);
        SetMtu(Lab.PodSide, 1279);
        byte[] request = OfLength(FlowTo(service, transport), Family.Ip6, 1400);
        AssertReachedPods([request], ClientsSend(request), Family.Ip6, TargetPort);
    }

    protected override void Dispose(bool disposing)
    {
        Host.Cli($"set interface mtu packet {VppDefaultMtu} {Lab.PodSide}");
        base.Dispose(disposing);
    }

    private static IcmpContent TooBig(Family family, byte[] frame) => family == Family.Ip4
        ? IcmpContent.About(frame, 3, 4, Mtu)
        : IcmpContent.About(frame, 2, 0, Mtu);

    private static byte[] Joined(IReadOnlyList<byte[]> fragments)
    {
        var parts = new List<byte>();
        foreach (byte[] fragment in fragments.OrderBy(fragment => ((fragment[20] & 0x1F) << 8) | fragment[21])) parts.AddRange(new IpView(fragment).L4);
        return [.. parts];
    }

    /// <summary>VPP tells those who follow an interface's adjacencies a moment later.</summary>
    private void SetMtu(string name, int mtu)
    {
        Lab.Type($"set interface mtu packet {mtu} {name}");
        Thread.Sleep(TimeSpan.FromMilliseconds(200));
    }

    private byte[] OfLength(Flow flow, Family family, int ipLengthBytes, bool isFragmentable = false)
    {
        int headers = (family == Family.Ip4 ? 20 : 40) + flow.Transport switch { Transport.Tcp => 20, Transport.Udp => 8, _ => 28 };
        byte[] frame = FromClient(flow, PacketOptions.Plain with { PayloadLengthBytes = ipLengthBytes - headers });
        Assert.Equal(ipLengthBytes, frame.Length - IpView.EthernetLengthBytes);
        if (family == Family.Ip6)
            return frame;
        frame[IpView.EthernetLengthBytes + 6] = isFragmentable ? (byte)0 : (byte)0x40;
        Checksums.FillIp4Header(frame);
        return frame;
    }
}

[Collection<VppAloneCollection>]
public sealed class MtusInVpp(VppAlone host) : MtuStories(host);

[Collection<VppWithOneWorkerCollection>]
public sealed class MtusInVppWithOneWorker(VppWithOneWorker host) : MtuStories(host);

[Collection<VppWithTwoWorkersCollection>]
public sealed class MtusInVppWithTwoWorkers(VppWithTwoWorkers host) : MtuStories(host);
