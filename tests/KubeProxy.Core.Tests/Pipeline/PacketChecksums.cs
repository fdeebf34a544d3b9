using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Net;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>All checksums of a packet by full recompute (RFC 791, 8200 section 8.1, 768, 9293, 9260, 3828, 4340, 4443).</summary>
public static class PacketChecksums
{
    /// <summary>Writes the checksums of a packet whose L4 header starts at <paramref name="l4Offset"/>.</summary>
    public static void Write(Span<byte> packet, int l4Offset, byte protocol)
    {
        if (packet[0] >> 4 == 4)
        {
            packet.Slice(10, 2).Clear();
            BinaryPrimitives.WriteUInt16BigEndian(packet[10..], ChecksumOracle.Of(ChecksumOracle.Sum(packet[..l4Offset])));
        }

        if (protocol == IpProtocol.Sctp)
        {
            WriteCrc(packet[l4Offset..LengthBytes(packet)]);
            return;
        }

        int offset = OffsetOf(protocol, isIp4: packet[0] >> 4 == 4);
        if (offset == 0) return;
        packet.Slice(l4Offset + offset, 2).Clear();
        ushort checksum = Compute(packet, l4Offset, protocol);
        if (checksum == 0 && protocol is IpProtocol.Udp or IpProtocol.UdpLite) checksum = 0xFFFF;
        BinaryPrimitives.WriteUInt16BigEndian(packet[(l4Offset + offset)..], checksum);
    }

    /// <summary>Offset of a checksum that the addresses are part of; 0: the protocol has none.</summary>
    private static int OffsetOf(byte protocol, bool isIp4) => protocol switch
    {
        IpProtocol.Tcp => 16,
        IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Dccp => 6,
        IpProtocol.Icmp6 when !isIp4 => 2,
        _ => 0,
    };

    /// <summary>RFC 9260 section 6.8: over the whole packet with a checksum of 0, lowest byte first.</summary>
    private static void WriteCrc(Span<byte> sctp)
    {
        sctp.Slice(8, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(sctp[8..], Crc32cOracle.Of(sctp));
    }

    private static ushort Compute(ReadOnlySpan<byte> packet, int l4Offset, byte protocol)
    {
        ReadOnlySpan<byte> addresses = packet[0] >> 4 == 4 ? packet[12..20] : packet[8..40];
        ReadOnlySpan<byte> segment = packet[l4Offset..LengthBytes(packet)];
        int sum = ChecksumOracle.Sum(addresses);
        sum = ChecksumOracle.Add(sum, protocol);
        sum = ChecksumOracle.Add(sum, segment.Length);
        return ChecksumOracle.Of(ChecksumOracle.Sum(segment, sum));
    }

    /// <summary>Length of the packet as its IP header has it; a trailer behind does not count.</summary>
    public static int LengthBytes(ReadOnlySpan<byte> packet) => packet[0] >> 4 == 4
        ? BinaryPrimitives.ReadUInt16BigEndian(packet[2..])
        : 40 + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
}
