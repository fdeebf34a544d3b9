using System.Net;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>Makes packets of a wanted length, from the IP header on.</summary>
internal static class PacketMaker
{
    private const int Ip4HeaderBytes = 20;
    private const int Ip6HeaderBytes = 40;
    private const int UdpHeaderBytes = 8;
    private const int TcpHeaderBytes = 20;

    public static byte[] Make(Site site, IPEndPoint source, IPEndPoint destination, int lengthBytes)
    {
        PacketOptions options = new() { PayloadLengthBytes = lengthBytes - HeaderBytes(site) };
        return PacketFactory.Build(new Flow(site.Protocol, source, destination), NoLink.Value, options)[IpView.EthernetLengthBytes..];
    }

    /// <summary>Bytes before the payload.</summary>
    public static int HeaderBytes(Site site) =>
        (site.IsIp4 ? Ip4HeaderBytes : Ip6HeaderBytes) + (site.Protocol == Transport.Tcp ? TcpHeaderBytes : UdpHeaderBytes);
}
