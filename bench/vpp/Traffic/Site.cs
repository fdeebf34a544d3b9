using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>
/// The place of one contender: clients, VIPs, and pods with static neighbours on an interface of its own, so that every
/// contender has the same number of adjacencies, a return feature of one never sees another's packets, and routes to
/// clients that one makes (cnat does) are on nobody else's way.
/// <code>
///   clients 1.N.0.0/16 ── pg0 ── VPP ── pgN ── pods 10.N.0.10 ..         VIPs 90.N.0.1 .., port 20000 ..
///                                           └─ others 10.N.255.10 .. 13, which serve nothing
/// </code>
/// </summary>
internal sealed record Site
{
    public const string ClientInterface = "pg0";
    public const ushort FirstPort = 20000;
    private const int OtherCount = 4;
    private const int FirstPod = 10;
    private const int FirstOther = 0xff00 + FirstPod;
    private readonly AddressFamily _family;

    public Site(int number, AddressFamily family, Transport protocol = Transport.Udp, int pods = 4, int vips = 1)
    {
        Number = number;
        _family = family;
        Protocol = protocol;
        Pods = [.. Enumerable.Range(FirstPod, pods).Select(PodAddress)];
        Others = [.. Enumerable.Range(FirstOther, OtherCount).Select(PodAddress)];
        Vips = [.. Enumerable.Range(0, vips).Select(vip => new IPEndPoint(VipAddress(vip + 1), FirstPort + vip))];
    }

    public int Number { get; }

    public Transport Protocol { get; }

    public string PodInterface => $"pg{Number}";

    public bool IsIp4 => _family == AddressFamily.InterNetwork;

    /// <summary>4 or 6, as VPP's node names have it.</summary>
    public char Digit => IsIp4 ? '4' : '6';

    /// <summary>Address and port of every service. Ports differ: two services of lb cannot share a port of a pod.</summary>
    public IReadOnlyList<IPEndPoint> Vips { get; }

    public IReadOnlyList<IPAddress> Pods { get; }

    /// <summary>Neighbours behind the pods' interface that belong to no service.</summary>
    public IReadOnlyList<IPAddress> Others { get; }

    /// <summary>The protocol as commands have it.</summary>
    public string ProtocolName => Protocol == Transport.Tcp ? "tcp" : "udp";

    /// <summary>VPP's own address on the contender's interface.</summary>
    public string Own => IsIp4 ? $"10.{Number}.0.1" : $"fd0{Number}::1";

    public string Prefix(IPEndPoint vip) => $"{vip.Address}/{(IsIp4 ? 32 : 128)}";

    public IPAddress Client(int number) => IsIp4
        ? new IPAddress([1, (byte)Number, (byte)((number + 1) >> 8), (byte)(number + 1)])
        : IPAddress.Parse($"fd10:{Number}::{number + 1:x}");

    /// <summary>The number that <see cref="Client"/> made the address of.</summary>
    public int ClientNumber(IPAddress client) =>
        client.AddressFamily == _family ? BinaryPrimitives.ReadUInt16BigEndian(client.GetAddressBytes().AsSpan()[^2..]) - 1 : -1;

    /// <summary>Creates the clients' interface with routes back to all clients.</summary>
    public static void CreateClients(MeasuredVpp vpp, IEnumerable<AddressFamily> families)
    {
        vpp.CreateSilentInterface(0);
        foreach (Site clients in families.Distinct().Select(family => new Site(0, family)))
        {
            clients.AddOwnAddress(vpp);
            string neighbour = clients.Pods[0].ToString();
            vpp.Do($"set ip neighbor {ClientInterface} {neighbour} 02:00:00:00:0c:02 static");
            vpp.Do($"ip route add {(clients.IsIp4 ? "1.0.0.0/8" : "fd10::/16")} via {neighbour} {ClientInterface}");
        }
    }

    /// <summary>Creates the contender's interface and the neighbours behind it.</summary>
    public void Create(MeasuredVpp vpp)
    {
        vpp.CreateSilentInterface(Number);
        AddOwnAddress(vpp);
        foreach ((int number, IPAddress address) in Pods.Index())
            AddNeighbour(vpp, address, FirstPod + number);
        foreach ((int number, IPAddress address) in Others.Index())
            AddNeighbour(vpp, address, FirstOther + number);
    }

    private void AddNeighbour(MeasuredVpp vpp, IPAddress address, int number) =>
        vpp.Do($"set ip neighbor {PodInterface} {address} 02:00:00:01:{number >> 8:x2}:{number & 0xff:x2} static");

    private void AddOwnAddress(MeasuredVpp vpp) => vpp.Do($"set interface ip address {PodInterface} {Own}/{(IsIp4 ? 16 : 64)}");

    private IPAddress PodAddress(int number) => IsIp4
        ? new IPAddress([10, (byte)Number, (byte)(number >> 8), (byte)number])
        : IPAddress.Parse($"fd0{Number}::{number:x}");

    private IPAddress VipAddress(int number) => IsIp4
        ? new IPAddress([90, (byte)Number, (byte)(number >> 8), (byte)number])
        : IPAddress.Parse($"fd90:{Number}::{number:x}");
}
