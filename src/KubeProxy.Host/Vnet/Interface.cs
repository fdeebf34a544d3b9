using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;

namespace KubeProxy.Host.Vnet;

/// <summary>Packets and bytes in one direction.</summary>
internal struct Traffic
{
    public ulong Packets;
    public ulong Bytes;

    internal void Count(int bytes)
    {
        Packets++;
        Bytes += (ulong)bytes;
    }
}

/// <summary>What sends an interface's packets: a capture file, or a socket.</summary>
internal interface ITransmitter
{
    /// <summary>Sends one Ethernet frame; false if it was lost.</summary>
    bool TrySend(ReadOnlySpan<byte> frame);

    /// <summary>Called after the last packet of a batch.</summary>
    void Flush();
}

/// <summary>An interface: name, station address, state, addresses, counters.</summary>
internal sealed class Interface(string name, uint swIfIndex, MacAddress mac, ITransmitter transmitter)
{
    internal const int DefaultMtu = 9000;

    private Traffic _received;
    private Traffic _sent;

    internal string Name { get; } = name;

    internal uint SwIfIndex { get; } = swIfIndex;

    internal MacAddress Mac { get; } = mac;

    internal ITransmitter Transmitter { get; } = transmitter;

    internal bool IsUp { get; set; }

    internal int Mtu { get; init; } = DefaultMtu;

    internal GraphNode OutputNode { get; set; } = null!;

    internal List<IpPrefix> Addresses { get; } = [];

    internal ref Traffic Received => ref _received;

    internal ref Traffic Sent => ref _sent;

    internal ulong Drops { get; set; }

    /// <summary>fe80::/64 with the modified EUI-64 of the station address (RFC 4291 appendix A).</summary>
    internal IpAddr LinkLocal
    {
        get
        {
            ulong high = (Mac.Value >> 24) ^ 0x020000;
            ulong identifier = (high << 40) | 0xfffe000000 | (Mac.Value & 0xffffff);
            return new IpAddr(true, ((UInt128)0xfe80 << 112) | identifier);
        }
    }

    internal bool HasFamily(bool isIp6) => Addresses.Exists(a => a.IsIp6 == isIp6);

    internal bool Owns(IpAddr address) =>
        Addresses.Exists(a => a.Address == address) || (address.IsIp6 && HasFamily(true) && address == LinkLocal);

    /// <summary>The own address to ask for a neighbour with: one of its subnet if there is any.</summary>
    internal IpAddr? SourceFor(IpAddr neighbour)
    {
        if (neighbour.IsIp6)
            return LinkLocal;
        IpPrefix? best = Addresses.Cast<IpPrefix?>().FirstOrDefault(a => a!.Value.Covers(neighbour))
            ?? Addresses.Cast<IpPrefix?>().FirstOrDefault(a => !a!.Value.IsIp6);
        return best?.Address;
    }
}
