using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Net;

namespace KubeProxy.Core.Tests.Translation;

/// <summary>
/// One packet as either family has it: the same datagram between other ends is the oracle. Written straight from the RFCs, checksums by
/// full recompute, and without the code under test.
/// </summary>
public sealed record Wire(IPAddress From, IPAddress To, byte Protocol, byte[] Datagram)
{
    public byte Service { get; init; }

    public byte Hops { get; init; } = 64;

    public uint Id { get; init; }

    public bool DontFragment { get; init; }

    /// <summary>The part of the datagram that this packet has; null: all of it, and no fragment.</summary>
    public (int Offset, int Length)? Part { get; init; }

    /// <summary>IPv4 options, or IPv6 extension headers in front of the fragment header, the first of type 0, each naming the next.</summary>
    public byte[] Between { get; init; } = [];

    /// <summary>Leaves a UDP checksum of 0.</summary>
    public bool HasNoChecksum { get; init; }

    private bool IsIp4 => From.AddressFamily == AddressFamily.InterNetwork;

    private bool HasMore => Part is (int offset, int length) && offset + length < Datagram.Length;

    public byte[] Build()
    {
        byte[] whole = WithChecksum();
        byte[] body = Part is (int offset, int length) ? whole[offset..(offset + length)] : whole;
        return IsIp4 ? BuildIp4(body) : BuildIp6(body);
    }

    /// <summary>A datagram with this header and bytes that follow from a seed.</summary>
    public static byte[] DatagramOf(byte protocol, int lengthBytes, int seed = 1)
    {
        var datagram = new byte[lengthBytes];
        new Random(seed).NextBytes(datagram);
        if (protocol == IpProtocol.Udp) BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), (ushort)lengthBytes);
        if (protocol == IpProtocol.Tcp) datagram[12] = 0x50;
        return datagram;
    }

    private byte[] WithChecksum()
    {
        byte[] datagram = [.. Datagram];
        int offset = Protocol switch
        {
            IpProtocol.Tcp => 16,
            IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Dccp => 6,
            IpProtocol.Icmp or IpProtocol.Icmp6 => 2,
            _ => -1,
        };
        if (offset < 0) return datagram;
        datagram.AsSpan(offset, 2).Clear();
        if (HasNoChecksum) return datagram;
        int sum = Protocol == IpProtocol.Icmp ? 0 : PseudoSum(datagram.Length);
        ushort checksum = ChecksumOracle.Of(ChecksumOracle.Sum(datagram, sum));
        if (checksum == 0 && Protocol is IpProtocol.Udp or IpProtocol.UdpLite) checksum = 0xFFFF;
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(offset), checksum);
        return datagram;
    }

    private int PseudoSum(int lengthBytes)
    {
        int sum = ChecksumOracle.Sum([.. From.GetAddressBytes(), .. To.GetAddressBytes()]);
        return ChecksumOracle.Add(ChecksumOracle.Add(sum, Protocol), lengthBytes);
    }

    private byte[] BuildIp4(byte[] body)
    {
        int headerBytes = 20 + Between.Length;
        var packet = new byte[headerBytes + body.Length];
        packet[0] = (byte)(0x40 | (headerBytes / 4));
        packet[1] = Service;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)Id);
        int fragment = (DontFragment ? 0x4000 : 0) | (HasMore ? 0x2000 : 0) | ((Part?.Offset ?? 0) / 8);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), (ushort)fragment);
        (packet[8], packet[9]) = (Hops, Protocol);
        From.GetAddressBytes().CopyTo(packet, 12);
        To.GetAddressBytes().CopyTo(packet, 16);
        Between.CopyTo(packet, 20);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), ChecksumOracle.Of(ChecksumOracle.Sum(packet.AsSpan(0, headerBytes))));
        body.CopyTo(packet, headerBytes);
        return packet;
    }

    private byte[] BuildIp6(byte[] body)
    {
        byte[] fragment = Part is null ? [] : FragmentHeader();
        var packet = new byte[40 + Between.Length + fragment.Length + body.Length];
        BinaryPrimitives.WriteUInt32BigEndian(packet, 0x6000_0000u | ((uint)Service << 20));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
        byte first = Part is null ? Protocol : IpProtocol.Ip6Fragment;
        (packet[6], packet[7]) = (Between.Length == 0 ? first : (byte)0, Hops);
        From.GetAddressBytes().CopyTo(packet, 8);
        To.GetAddressBytes().CopyTo(packet, 24);
        byte[] all = [.. Between, .. fragment, .. body];
        all.CopyTo(packet, 40);
        return packet;
    }

    private byte[] FragmentHeader()
    {
        var header = new byte[8];
        header[0] = Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)((Part?.Offset ?? 0) | (HasMore ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), Id);
        return header;
    }
}
