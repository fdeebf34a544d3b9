using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Fuzz.Packets;

namespace KubeProxy.Fuzz.Targets;

/// <summary>What fuzzing of packets starts from: each service once, both ways, with errors about it.</summary>
internal static class PacketSeeds
{
    private static readonly byte[] Payload = "payload"u8.ToArray();

    /// <summary>Requests to every VIP slot, answers, and what comes beside them.</summary>
    public static IReadOnlyList<byte[]> Of(IpFamily family) =>
    [
        .. Requests(family).Select(record => Join(record, One(RecordKind.Answer, Payload), One(RecordKind.Repeat, []))),
        Join(Request(family, IpProtocol.Tcp, 1, 80, PacketSpec.Syn), One(RecordKind.Change, [0, 3]), One(RecordKind.Repeat, []), One(RecordKind.Answer, Payload)),
        Join(Request(family, IpProtocol.Tcp, 7, 80, PacketSpec.Ack), One(RecordKind.Change, [2, 1]), One(RecordKind.Repeat, [])),
        Join(Packet(RecordKind.NodePort, family, IpProtocol.Udp, FuzzSite.NodePort, 0), One(RecordKind.Answer, Payload)),
        Join(Packet(RecordKind.NodePort, family, IpProtocol.Tcp, FuzzSite.NodePort, 0), One(RecordKind.Answer, Payload)),
        Join(Long(family), Long(family) with { Flags = RecordFlags.Chained }, Long(family) with { Flags = RecordFlags.Segmented }),
        Join([.. Enumerable.Range(0, 8).Select(number => Request(family, IpProtocol.Udp, 3, 80, 0, client: number) with { Flags = RecordFlags.WithNext })]),
        Join(Hops(family), One(RecordKind.Return, Payload)),
    ];

    /// <summary>Flows of every kind with ICMP errors about them, from both sides.</summary>
    public static IReadOnlyList<byte[]> Errors(IpFamily family)
    {
        (byte Type, byte Code)[] errors = family == IpFamily.Ip4 ? [(3, 3), (3, 4), (11, 0), (12, 0)] : [(1, 4), (2, 0), (3, 0), (4, 1)];
        return
        [
            .. Requests(family).SelectMany(request => errors.Select(error => Join(
                request, One(RecordKind.Answer, Payload), One(RecordKind.ErrorOfPods, [error.Type, error.Code, 0, 0, 5, 220, 0, 0]),
                One(RecordKind.ErrorOfClients, [error.Type, error.Code, 0, 0, 5, 220, 28, 0])))),
            .. Echoes(family),
        ];
    }

    /// <summary>TCP and UDP behind extension headers.</summary>
    public static IEnumerable<byte[]> Extended()
    {
        foreach (byte kind in (byte[])[0, 43, 60, 44, 51])
        {
            foreach (byte protocol in (byte[])[IpProtocol.Tcp, IpProtocol.Udp])
            {
                PacketSpec spec = Spec(IpFamily.Ip6, protocol, 80, 1, PacketSpec.Syn, 4) with { ExtensionHeader = kind };
                yield return Join(new Record(0, 1, RecordFlags.None, spec.Build()), One(RecordKind.Answer, Payload), One(RecordKind.ErrorOfPods, [1, 4]));
            }
        }
    }

    /// <summary>IPv4 in fragments, with options, and without a UDP checksum.</summary>
    public static IEnumerable<byte[]> Fragments4()
    {
        PacketSpec udp = Spec(IpFamily.Ip4, IpProtocol.Udp, 80, 1, 0, 5);
        yield return Join([.. FragmentCutter.Cut((udp with { PayloadBytes = 90 }).Build(), 40).Select(packet => new Record(0, 1, RecordFlags.None, packet))]);
        yield return Join(new Record(0, 1, RecordFlags.None, (udp with { HasNoUdpChecksum = true }).Build()), One(RecordKind.Change, [254]), One(RecordKind.Repeat, []));
        yield return Join(new Record(0, 1, RecordFlags.None, (udp with { Ip4Options = [131, 7, 8, 1, 2, 3, 4, 0] }).Build()));
        yield return Join(new Record(0, 1, RecordFlags.WithNext, (udp with { PayloadBytes = 1400 }).Build()));
    }

    public static byte[] Join(params Record[] records) => [.. records.SelectMany(record => record.ToBytes())];

    public static Record One(RecordKind kind, byte[] bytes) => new((byte)kind, 0, RecordFlags.None, bytes);

    private static IEnumerable<Record> Requests(IpFamily family) =>
    [
        Request(family, IpProtocol.Tcp, 1, 80, PacketSpec.Syn), Request(family, IpProtocol.Udp, 1, 80, 0), Request(family, IpProtocol.Sctp, 1, 80, 0),
        Request(family, IpProtocol.Udp, 1, 81, 0), Request(family, IpProtocol.Tcp, 1, 82, PacketSpec.Syn), Request(family, IpProtocol.Tcp, 2, 999, PacketSpec.Ack),
        Request(family, 47, 2, 0, 0), Request(family, IpProtocol.UdpLite, 2, 5, 0), Request(family, IpProtocol.Tcp, 3, 80, PacketSpec.Syn),
        Request(family, IpProtocol.Udp, 4, 80, 0), Request(family, IpProtocol.Udp, 6, 53, 0), Request(family, IpProtocol.Tcp, 7, 80, PacketSpec.Ack),
        Request(family, IpProtocol.Tcp, 8, 80, PacketSpec.Syn),
    ];

    private static Record Request(IpFamily family, byte protocol, byte slot, int port, byte flags, int client = 1) =>
        Packet(RecordKind.Forward, family, protocol, port, slot, flags, client);

    private static Record Packet(RecordKind kind, IpFamily family, byte protocol, int port, byte slot, byte flags = PacketSpec.Ack, int client = 1) =>
        new((byte)kind, slot, RecordFlags.None, Spec(family, protocol, port, slot, flags, client).Build());

    private static PacketSpec Spec(IpFamily family, byte protocol, int port, int slot, byte flags, int client) =>
        new(Site.Client(family, 1, 40_000 + client), Site.Vip(family, Math.Max(slot, 1), port), protocol) { PayloadBytes = 9, Seed = client, TcpFlags = flags };

    private static Record Long(IpFamily family) => new(0, 1, RecordFlags.None, (Spec(family, IpProtocol.Udp, 80, 1, 0, 3) with { PayloadBytes = 700, Fragment = 0x4000 }).Build());

    private static Record Hops(IpFamily family) => new(0, 1, RecordFlags.None, (Spec(family, IpProtocol.Udp, 80, 1, 0, 3) with { TimeToLive = 1 }).Build());

    private static IEnumerable<byte[]> Echoes(IpFamily family)
    {
        byte protocol = family == IpFamily.Ip4 ? IpProtocol.Icmp : IpProtocol.Icmp6;
        PacketSpec echo = new(Site.Client(family), Site.Vip(family), protocol) { IcmpType = family == IpFamily.Ip4 ? 8 : 128 };
        foreach (byte slot in (byte[])[1, 2, 8])
            yield return Join(new Record(0, slot, RecordFlags.Sound, echo.Build()), One(RecordKind.Answer, Payload));
    }
}
