using System.Buffers.Binary;
using System.Net;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>Frames inside of tunnels over IPv4, as the end that sends writes them: RFC 2784 and RFC 7348.</summary>
public static class Tunnels
{
    /// <summary>Hops that the outer packet has left on the link: VPP gives it 254 and counts its own.</summary>
    private const byte Hops = 253;
    private const byte GreProtocol = 47;
    private const ushort VxlanPort = 4789;
    private const int AddressesLengthBytes = 12;
    private const int Ip4LengthBytes = 20;
    private const int GreTypeOffset = IpView.EthernetLengthBytes + Ip4LengthBytes + 2;
    private const int VxlanFrameOffset = IpView.EthernetLengthBytes + Ip4LengthBytes + 16;

    /// <summary>The packet in a frame, without key, sequence number or checksum; the outer frame is between the same stations.</summary>
    public static byte[] Gre(byte[] frame, IPAddress from, IPAddress to)
    {
        ReadOnlySpan<byte> inner = frame;
        return InIp4(inner[..AddressesLengthBytes], GreProtocol, from, to, [0, 0, .. inner[AddressesLengthBytes..]]);
    }

    /// <summary>A whole frame in a segment, between these stations. The outer datagram has no checksum.</summary>
    public static byte[] Vxlan(byte[] frame, Link link, IPEndPoint from, IPAddress to, int segment)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(from);
        byte[] datagram = [.. new byte[16], .. frame];
        BinaryPrimitives.WriteUInt16BigEndian(datagram, (ushort)from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), VxlanPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), (ushort)datagram.Length);
        datagram[8] = 0x08;
        BinaryPrimitives.WriteInt32BigEndian(datagram.AsSpan(12), segment << 8);
        return InIp4([.. link.To.GetAddressBytes(), .. link.From.GetAddressBytes()], IpView.Udp, from.Address, to, datagram);
    }

    /// <summary>A router's own packet into a tunnel: its IPv6 announces itself on every link.</summary>
    public static bool IsNoise(byte[] frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        IpView view = new(frame);
        if (!view.IsIp4)
            return false;
        ReadOnlySpan<byte> bytes = frame;
        return view.Protocol switch
        {
            GreProtocol => Noise.Is([.. bytes[..AddressesLengthBytes], .. bytes[GreTypeOffset..]]),
            IpView.Udp when view.DestinationPort == VxlanPort => Noise.Is(bytes[VxlanFrameOffset..].ToArray()),
            _ => false,
        };
    }

    private static byte[] InIp4(ReadOnlySpan<byte> addresses, byte protocol, IPAddress from, IPAddress to, byte[] payload)
    {
        byte[] frame = [.. addresses, 0x08, 0x00, .. new byte[Ip4LengthBytes], .. payload];
        Span<byte> ip = frame.AsSpan(IpView.EthernetLengthBytes);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        (ip[8], ip[9]) = (Hops, protocol);
        from.TryWriteBytes(ip[12..], out _);
        to.TryWriteBytes(ip[16..], out _);
        Checksums.FillIp4Header(frame);
        return frame;
    }
}
