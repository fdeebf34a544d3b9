namespace KubeProxy.Testbed.Packets;

/// <summary>What a router sends of its own accord: ARP, neighbour discovery, multicast listener reports.</summary>
public static class Noise
{
    private const byte Icmp6 = 58;

    public static bool Is(byte[] frame)
    {
        IpView view = new(Vlan.Untagged(frame));
        if (!view.IsIp6)
            return !view.IsIp4;
        bool isMulticast = view.Ip[24] == 0xff;
        bool isNeighbourDiscovery = view.Protocol == Icmp6 && view.Ip[40] is >= 133 and <= 137;
        return isMulticast || isNeighbourDiscovery;
    }
}
