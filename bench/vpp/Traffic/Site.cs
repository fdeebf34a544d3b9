using System.Net;
using System.Net.Sockets;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>
/// The place of one contender: a VIP and four pods with static neighbours on an interface of its own, so that every
/// contender has the same number of adjacencies and a return feature of one never sees another's packets.
/// <code>
///   clients 1.0.0.0/8 ── pg0 ── VPP ── pgN ── pods 10.N.0.10 .. 13        VIP 90.1.N.1, port 20000
/// </code>
/// </summary>
internal sealed record Site(int Number, AddressFamily Family, Transport Protocol = Transport.Udp)
{
    public const string ClientInterface = "pg0";
    public const ushort Port = 20000;
    private const int PodCount = 4;
    private const int FirstPod = 10;

    public string PodInterface => $"pg{Number}";

    public bool IsIp4 => Family == AddressFamily.InterNetwork;

    /// <summary>4 or 6, as VPP's node names have it.</summary>
    public char Digit => IsIp4 ? '4' : '6';

    public IPAddress Vip => IPAddress.Parse(IsIp4 ? $"90.1.{Number}.1" : $"fd90:{Number}::1");

    public string VipPrefix => IsIp4 ? $"{Vip}/32" : $"{Vip}/128";

    public IReadOnlyList<IPAddress> Pods =>
        [.. Enumerable.Range(FirstPod, PodCount).Select(n => IPAddress.Parse(IsIp4 ? $"10.{Number}.0.{n}" : $"fd0{Number}::{n}"))];

    /// <summary>The protocol as commands have it.</summary>
    public string ProtocolName => Protocol == Transport.Tcp ? "tcp" : "udp";

    /// <summary>VPP's own address on the contender's interface.</summary>
    public string Own => IsIp4 ? $"10.{Number}.0.1" : $"fd0{Number}::1";

    /// <summary>Creates the clients' interface with a route back to all clients.</summary>
    public static void CreateClients(MeasuredVpp vpp, AddressFamily family)
    {
        _ = vpp.CreatePacketInterface(0);
        AddClients(vpp, family);
    }

    /// <summary>Adds the clients of a family to their interface.</summary>
    public static void AddClients(MeasuredVpp vpp, AddressFamily family)
    {
        Site clients = new(0, family);
        clients.AddOwnAddress(vpp);
        string neighbour = clients.Pods[0].ToString();
        vpp.Do($"set ip neighbor {ClientInterface} {neighbour} 02:00:00:00:0c:02 static");
        vpp.Do($"ip route add {(clients.IsIp4 ? "1.0.0.0/8" : "fd10::/16")} via {neighbour} {ClientInterface}");
    }

    /// <summary>Creates the contender's interface and its pods' neighbours.</summary>
    public void Create(MeasuredVpp vpp)
    {
        _ = vpp.CreatePacketInterface(Number);
        AddOwnAddress(vpp);
        for (int i = 0; i < PodCount; i++)
            vpp.Do($"set ip neighbor {PodInterface} {Pods[i]} 02:00:00:00:0d:{FirstPod + i} static");
    }

    private void AddOwnAddress(MeasuredVpp vpp) => vpp.Do($"set interface ip address {PodInterface} {Own}/{(IsIp4 ? 16 : 64)}");
}
