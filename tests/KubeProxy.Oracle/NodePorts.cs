using System.Net;

namespace KubeProxy.Oracle;

/// <summary>Which packets to the node's own addresses are for a service (docs/commands.md, kube-proxy vip); all others are the node's.</summary>
internal static class NodePorts
{
    /// <summary>The node port as a VIP of one service, or null.</summary>
    public static PlainVip? Find(PlainRouter router, PlainPacket packet)
    {
        if (packet.Shape != Shape.Whole || StaysOnLink(packet.Source) || StaysOnLink(packet.Destination)) return null;
        if (packet.IsIcmp) return OfError(router, packet);
        bool hasHeaders = packet.Ip6 && packet.L4 > 40;
        bool isService = packet.Protocol is IpProtocol.Tcp or IpProtocol.Udp && !hasHeaders && !(packet.Ip6 && packet.HasNoUdpChecksum);
        return isService ? Find(router, packet, packet.Protocol, packet.DestinationPort) : null;
    }

    /// <summary>An error about what has left from a node port; where the error's own checksum is wrong it is dropped as one of the service's.</summary>
    private static PlainVip? OfError(PlainRouter router, PlainPacket packet)
    {
        if (!IcmpErrors.IsError(packet) || Quote.IsDamaged(packet)) return null;
        if (Quote.Read(packet) is not { } quote || !quote.Source.Equals(packet.Destination)) return null;
        return quote.Protocol is IpProtocol.Tcp or IpProtocol.Udp ? Find(router, packet, quote.Protocol, quote.SourcePort) : null;
    }

    private static PlainVip? Find(PlainRouter router, PlainPacket packet, int protocol, int port)
    {
        PlainService? service = router.Vips.Where(vip => vip.Prefix.BaseAddress.IsIp6() == packet.Ip6).SelectMany(vip => vip.Services)
            .FirstOrDefault(service => service.NodePort == port && service.Protocol == protocol && port != 0);
        return service == null ? null : new PlainVip(new IPNetwork(packet.Destination, packet.Ip6 ? 128 : 32)) { OfNodePort = service };
    }

    private static bool StaysOnLink(IPAddress address) => address.IsIPv6LinkLocal;
}
