using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Net;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>
/// An ICMP error as a host or router sends it; <see cref="Build"/> writes it straight from RFC 792 and RFC 4443, with right checksums
/// and without the code under test.
/// </summary>
public sealed record IcmpSpec(IPAddress From, IPAddress To, byte[] Quoted)
{
    /// <summary>Destination unreachable of either family, unless set.</summary>
    public byte? Type { get; init; }

    public byte Code { get; init; } = 1;

    /// <summary>The four bytes behind the checksum: an MTU, a pointer, or nothing.</summary>
    public uint Rest { get; init; }

    /// <summary>Hops that the packet may still take.</summary>
    public byte Hops { get; init; } = 61;

    /// <summary>Number of the packet (IPv4).</summary>
    public ushort Identification { get; init; }

    /// <summary>Bytes of the link behind the packet.</summary>
    public int TrailerBytes { get; init; }

    /// <summary>Added to the checksum.</summary>
    public byte Damage { get; init; }

    private bool IsIp4 => From.AddressFamily == AddressFamily.InterNetwork;

    /// <summary>The packet's bytes.</summary>
    public byte[] Build()
    {
        int ipBytes = IsIp4 ? 20 : 40;
        var packet = new byte[ipBytes + 8 + Quoted.Length];
        WriteIp(packet);
        packet[ipBytes] = Type ?? (IsIp4 ? (byte)3 : (byte)1);
        packet[ipBytes + 1] = Code;
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(ipBytes + 4), Rest);
        Quoted.CopyTo(packet, ipBytes + 8);
        WriteChecksums(packet);
        packet[ipBytes + 3] += Damage;
        return [.. packet, .. Enumerable.Repeat((byte)0xEE, TrailerBytes)];
    }

    /// <summary>The IPv4 header checksum and the ICMP checksum, over everything that the IP header covers.</summary>
    public static void WriteChecksums(Span<byte> packet)
    {
        bool isIp4 = packet[0] >> 4 == 4;
        int ipBytes = isIp4 ? (packet[0] & 15) * 4 : 40;
        Span<byte> icmp = packet[ipBytes..PacketChecksums.LengthBytes(packet)];
        icmp.Slice(2, 2).Clear();
        int sum = isIp4 ? 0 : ChecksumOracle.Add(ChecksumOracle.Add(ChecksumOracle.Sum(packet[8..40]), IpProtocol.Icmp6), icmp.Length);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], ChecksumOracle.Of(ChecksumOracle.Sum(icmp, sum)));
        if (isIp4) PacketChecksums.Write(packet, ipBytes, IpProtocol.Icmp);
    }

    private void WriteIp(byte[] packet)
    {
        if (IsIp4)
        {
            packet[0] = 0x45;
            packet[8] = Hops;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), Identification);
            packet[9] = IpProtocol.Icmp;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        }
        else
        {
            packet[0] = 0x60;
            packet[6] = IpProtocol.Icmp6;
            packet[7] = Hops;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
        }

        From.GetAddressBytes().CopyTo(packet, IsIp4 ? 12 : 8);
        To.GetAddressBytes().CopyTo(packet, IsIp4 ? 16 : 24);
    }
}
