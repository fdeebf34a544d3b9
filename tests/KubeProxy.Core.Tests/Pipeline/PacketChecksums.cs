using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Net;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>All checksums of a packet by full recompute (RFC 791, 8200 section 8.1, 768, 9293).</summary>
public static class PacketChecksums
{
    /// <summary>Writes the checksums of a TCP or UDP packet whose L4 header starts at <paramref name="l4Offset"/>.</summary>
    public static void Write(Span<byte> packet, int l4Offset, byte protocol)
    {
        if (packet[0] >> 4 == 4)
        {
            packet.Slice(10, 2).Clear();
            BinaryPrimitives.WriteUInt16BigEndian(packet[10..], ChecksumOracle.Of(ChecksumOracle.Sum(packet[..l4Offset])));
        }

        if (protocol is not (IpProtocol.Tcp or IpProtocol.Udp)) return;
        int offset = l4Offset + (protocol == IpProtocol.Tcp ? 16 : 6);
        packet.Slice(offset, 2).Clear();
        ushort checksum = Compute(packet, l4Offset, protocol);
        if (checksum == 0 && protocol == IpProtocol.Udp) checksum = 0xFFFF;
        BinaryPrimitives.WriteUInt16BigEndian(packet[offset..], checksum);
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
