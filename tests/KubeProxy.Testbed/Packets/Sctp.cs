using System.Buffers.Binary;

namespace KubeProxy.Testbed.Packets;

/// <summary>SCTP (RFC 9260) byte by byte, for PacketDotNet has none: a common header and one DATA chunk.</summary>
internal static class Sctp
{
    /// <summary>Bytes of the common header.</summary>
    public const int HeaderLengthBytes = 12;

    /// <summary>Bytes in front of the user's data: the common header, and that of a DATA chunk.</summary>
    public const int DataOffset = HeaderLengthBytes + ChunkHeaderLengthBytes;

    private const int ChunkHeaderLengthBytes = 16;
    private const byte WholeMessage = 3;

    /// <summary>A packet with the data, whose checksum is still to be filled in.</summary>
    public static byte[] Build(ushort from, ushort to, byte[] data)
    {
        byte[] packet = new byte[DataOffset + ((data.Length + 3) / 4 * 4)];
        BinaryPrimitives.WriteUInt16BigEndian(packet, from);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), to);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), 0x5CB1A6E5);
        packet[HeaderLengthBytes + 1] = WholeMessage;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(HeaderLengthBytes + 2), (ushort)(ChunkHeaderLengthBytes + data.Length));
        data.CopyTo(packet, DataOffset);
        return packet;
    }

    /// <summary>RFC 9260 appendix A, bit by bit over the whole packet with a checksum of 0; the bytes as they are sent, the lowest first.</summary>
    public static byte[] Checksum(ReadOnlySpan<byte> packet)
    {
        byte[] cleared = packet.ToArray();
        cleared.AsSpan(8, 4).Clear();
        uint crc = uint.MaxValue;
        foreach (byte next in cleared)
        {
            crc ^= next;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82f63b78;
        }

        byte[] checksum = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, ~crc);
        return checksum;
    }
}
