using System.Net;
using System.Net.NetworkInformation;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Readme.Tests.Tour;

/// <summary>
/// The packets that the README sends: docs/tour/clients.pcap enters pg0, docs/tour/answers.pcap enters pg1.
/// </summary>
public static class TourPackets
{
    private const string Client4 = "10.1.0.10";
    private const string Client6 = "fd01::10";
    private const string Vip4 = "10.96.0.10";
    private const string Vip6 = "fd00:96::10";
    private static readonly Link FromClient = new(Mac(0x0c, 0x10), Mac(0, 1));
    private static readonly Link FromPod = new(Mac(0x0d, 0x11), Mac(0, 2));

    /// <summary>File names under docs/tour and their frames.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<byte[]>> Files { get; } = new Dictionary<string, IReadOnlyList<byte[]>>
    {
        ["clients.pcap"] = [.. Clients()],
        ["answers.pcap"] = [.. Answers()],
    };

    /// <summary>Where a file of the tour is.</summary>
    public static string PathOf(string name) => Path.Combine(Artifacts.RepositoryRoot, "docs", "tour", name);

    private static IEnumerable<byte[]> Clients()
    {
        yield return Build(Transport.Udp, Client4, 40001, Vip4, 53, FromClient);
        yield return Build(Transport.Udp, Client6, 40001, Vip6, 53, FromClient);
        for (int i = 0; i < 60; i++)
            yield return Build(Transport.Tcp, Client4, 41000 + i, Vip4, 80, FromClient);
        for (int i = 0; i < 3; i++)
            yield return Build(Transport.Udp, Client4, 42000 + i, Vip4, 99, FromClient);
    }

    private static IEnumerable<byte[]> Answers()
    {
        yield return Build(Transport.Udp, "10.2.0.11", 53, Client4, 40001, FromPod);
        yield return Build(Transport.Udp, "10.2.0.12", 53, Client4, 40001, FromPod);
    }

    private static byte[] Build(Transport transport, string from, int fromPort, string to, int toPort, Link link)
    {
        Flow flow = new(transport, new IPEndPoint(IPAddress.Parse(from), fromPort), new IPEndPoint(IPAddress.Parse(to), toPort));
        return PacketFactory.Build(flow, link, new PacketOptions { Syn = transport == Transport.Tcp, Id = fromPort });
    }

    private static PhysicalAddress Mac(byte fifth, byte sixth) => new([2, 0, 0, 0, fifth, sixth]);
}
