using System.Net;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// The usual scene: VIP 1 with TCP, UDP and SCTP services on port 80 that four pods serve on port 8080, one service without
/// pods on port 81, and VIP 2, a prefix whose only service takes every port and keeps it.
/// </summary>
public sealed class Topology : IDisposable
{
    public const int PodCount = 4;
    public const int PodPort = 8080;
    public const uint TcpService = 1;
    public const uint UdpService = 2;
    public const uint EmptyService = 3;
    public const uint PrefixService = 4;
    public const uint SctpService = 40;

    public Topology(IpFamily family, DataPathOptions? options = null)
    {
        Family = family;
        Path = new DataPathFixture(options);
        TcpPods = AddPods(TcpService, PodPort);
        UdpPods = AddPods(UdpService, PodPort);
        PrefixPods = AddPods(PrefixService, 0);
        SctpPods = AddPods(SctpService, PodPort);
        Path.SetService(1, IpProtocol.Tcp, 80, TcpService, TcpPods);
        Path.SetService(1, IpProtocol.Udp, 80, UdpService, UdpPods);
        Path.SetService(1, IpProtocol.Sctp, 80, SctpService, SctpPods);
        Path.SetService(1, IpProtocol.Udp, 81, EmptyService);
        Path.SetService(2, IpProtocol.Any, 0, PrefixService, PrefixPods);
    }

    public IpFamily Family { get; }

    public DataPathFixture Path { get; }

    public uint[] TcpPods { get; }

    public uint[] UdpPods { get; }

    public uint[] PrefixPods { get; }

    public uint[] SctpPods { get; }

    /// <summary>A client's packet to VIP 1.</summary>
    public PacketSpec Request(byte protocol, int clientPort = 40_000, int vipPort = 80, int client = 1) =>
        new(Site.Client(Family, client, clientPort), Site.Vip(Family, 1, vipPort), protocol) { Seed = clientPort };

    /// <summary>What a pod answers to a packet as it got it.</summary>
    public PacketSpec Answer(PacketSpec request, uint podSlot) =>
        new(PodOf(podSlot, request.To.Port), request.From, request.Protocol) { Seed = request.Seed + 1, PayloadBytes = 31 };

    /// <summary>Address and port under which a pod gets packets that were sent to a VIP port.</summary>
    public IPEndPoint PodOf(uint podSlot, int vipPort)
    {
        int number = (int)((podSlot - 1) % PodCount) + 1;
        return Site.Pod(Family, number, PrefixPods.Contains(podSlot) ? vipPort : PodPort);
    }

    public Verdict Forward(TestPacket packet) => Path.Forward(Family, packet);

    public Verdict[] Forward(params TestPacket[] packets) => Path.Forward(Family, 0, packets);

    public Verdict Return(TestPacket packet) => Path.Return(Family, packet);

    public uint[] Pods(byte protocol) => protocol switch { IpProtocol.Tcp => TcpPods, IpProtocol.Udp => UdpPods, _ => SctpPods };

    public static uint ServiceOf(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => TcpService,
        IpProtocol.Udp => UdpService,
        _ => SctpService,
    };

    public void Dispose() => Path.Dispose();

    private uint[] AddPods(uint service, int port) =>
        [.. Enumerable.Range(1, PodCount).Select(number => Path.AddPod(service, Site.Pod(Family, number, port)))];
}

/// <summary>Both families with the protocols that have ports.</summary>
public static class FlowKinds
{
    /// <summary>TCP, UDP and SCTP.</summary>
    public static Xunit.TheoryData<IpFamily, byte> All => Of(IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp);

    /// <summary>TCP and UDP: the plain packets.</summary>
    public static Xunit.TheoryData<IpFamily, byte> Plain => Of(IpProtocol.Tcp, IpProtocol.Udp);

    private static Xunit.TheoryData<IpFamily, byte> Of(params byte[] protocols)
    {
        var kinds = new Xunit.TheoryData<IpFamily, byte>();
        foreach (IpFamily family in (IpFamily[])[IpFamily.Ip4, IpFamily.Ip6])
            foreach (byte protocol in protocols) kinds.Add(family, protocol);
        return kinds;
    }
}
