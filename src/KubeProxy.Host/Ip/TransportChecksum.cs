using System.Buffers.Binary;

namespace KubeProxy.Host.Ip;

/// <summary>Completes the TCP or UDP checksum of a frame whose sender left it to the network card.</summary>
internal static class TransportChecksum
{
    private const int EthernetBytes = 14;
    private const int Ip6HeaderBytes = 40;
    private const byte Tcp = 6;
    private const byte Udp = 17;

    internal static void Complete(Span<byte> frame)
    {
        if (frame.Length < EthernetBytes)
            return;
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        Span<byte> packet = frame[EthernetBytes..];
        if (type == 0x0800 && packet.Length >= 20)
            CompleteIp4(packet);
        else if (type == 0x86dd && packet.Length >= Ip6HeaderBytes)
            Complete(packet.Slice(8, 32), packet[6], Segment(packet, Ip6HeaderBytes, Ip6HeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(packet[4..])));
    }

    private static void CompleteIp4(Span<byte> packet)
    {
        bool isFragment = (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x3fff) != 0;
        if (!isFragment)
            Complete(packet.Slice(12, 8), packet[9], Segment(packet, (packet[0] & 0xf) * 4, BinaryPrimitives.ReadUInt16BigEndian(packet[2..])));
    }

    private static Span<byte> Segment(Span<byte> packet, int start, int end) =>
        start <= end && end <= packet.Length ? packet[start..end] : default;

    private static void Complete(ReadOnlySpan<byte> addresses, byte protocol, Span<byte> segment)
    {
        int offset = protocol == Tcp ? 16 : protocol == Udp ? 6 : -1;
        if (offset < 0 || segment.Length < offset + 2)
            return;
        segment[offset] = segment[offset + 1] = 0;
        ushort sum = Checksum.UpperLayer(addresses, protocol, segment);
        // RFC 768: a computed zero is sent as all ones, for zero means "no checksum".
        BinaryPrimitives.WriteUInt16BigEndian(segment[offset..], protocol == Udp && sum == 0 ? (ushort)0xffff : sum);
    }
}
