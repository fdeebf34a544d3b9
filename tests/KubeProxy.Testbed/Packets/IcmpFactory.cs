using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Testbed.Packets;

/// <summary>An ICMP message besides its ends: what stands in its header and behind it.</summary>
public sealed record IcmpContent(byte Type, byte Code, uint Rest, byte[] Body)
{
    public byte Hops { get; init; } = 64;

    /// <summary>An error about the packet in a frame, of which so many bytes are quoted.</summary>
    public static IcmpContent About(byte[] frame, byte type, byte code, uint rest = 0, int quotedLengthBytes = int.MaxValue)
    {
        Span<byte> packet = new IpView(frame).Ip;
        return new IcmpContent(type, code, rest, packet[..Math.Min(packet.Length, quotedLengthBytes)].ToArray());
    }
}

/// <summary>Frames with ICMP messages, written straight from RFC 792 and RFC 4443.</summary>
public static class IcmpFactory
{
    private const ushort Identification = 0x4b50;

    public static byte[] Build(Link link, IPAddress source, IPAddress destination, IcmpContent content)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(content);
        bool isIp4 = source.AddressFamily == AddressFamily.InterNetwork;
        int header = isIp4 ? 20 : 40;
        byte[] frame = new byte[IpView.EthernetLengthBytes + header + 8 + content.Body.Length];
        link.To.GetAddressBytes().CopyTo(frame, 0);
        link.From.GetAddressBytes().CopyTo(frame, 6);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), isIp4 ? (ushort)0x0800 : (ushort)0x86dd);
        Span<byte> ip = frame.AsSpan(IpView.EthernetLengthBytes);
        if (isIp4)
            WriteIp4(ip, source, destination, content.Hops);
        else
            WriteIp6(ip, source, destination, content.Hops);
        Span<byte> icmp = ip[header..];
        (icmp[0], icmp[1]) = (content.Type, content.Code);
        BinaryPrimitives.WriteUInt32BigEndian(icmp[4..], content.Rest);
        content.Body.CopyTo(icmp[8..]);
        if (isIp4)
            Checksums.FillIp4Header(frame);
        IcmpChecksums.Fill(frame);
        return frame;
    }

    private static void WriteIp4(Span<byte> ip, IPAddress source, IPAddress destination, byte hops)
    {
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], Identification);
        ip[8] = hops;
        ip[9] = IpView.Icmp;
        source.TryWriteBytes(ip[12..], out _);
        destination.TryWriteBytes(ip[16..], out _);
    }

    private static void WriteIp6(Span<byte> ip, IPAddress source, IPAddress destination, byte hops)
    {
        ip[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(ip.Length - 40));
        ip[6] = IpView.Icmp6;
        ip[7] = hops;
        source.TryWriteBytes(ip[8..], out _);
        destination.TryWriteBytes(ip[24..], out _);
    }
}
