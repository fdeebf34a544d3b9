using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Net;
using Xunit;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>Cuts packets into fragments and puts them together again, straight from RFC 791 section 3.2 and RFC 8200 section 4.5.</summary>
public static class FragmentCutter
{
    private const int Identification = 0x4B55;
    private const int FragmentHeaderBytes = 8;

    /// <summary>The fragments of a packet, in order; each but the last has <paramref name="partBytes"/> of what is behind the IP header.</summary>
    public static byte[][] Cut(byte[] packet, int partBytes)
    {
        int bodyBytes = packet.Length - HeaderBytes(packet);
        return [.. Enumerable.Range(0, (bodyBytes + partBytes - 1) / partBytes).Select(number =>
            Piece(packet, number * partBytes, Math.Min(partBytes, bodyBytes - (number * partBytes))))];
    }

    /// <summary>One fragment of a packet: so many bytes from so far behind the IP header on.</summary>
    public static byte[] Piece(byte[] packet, int offset, int lengthBytes)
    {
        int headerBytes = HeaderBytes(packet);
        bool hasMore = offset + lengthBytes < packet.Length - headerBytes;
        byte[] head = packet[..headerBytes];
        byte[] part = packet[(headerBytes + offset)..(headerBytes + offset + lengthBytes)];
        if (!IsIp4(packet)) return Piece6(head, part, offset, hasMore);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), (ushort)(headerBytes + lengthBytes));
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(4), Identification);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), (ushort)((offset / 8) | (hasMore ? 0x2000 : 0)));
        return [.. WithChecksum(head), .. part];
    }

    /// <summary>
    /// The packet that the fragments are of, in whatever order they come and some of them twice. Every IPv4 header's own checksum must be
    /// right.
    /// </summary>
    public static byte[] Join(IEnumerable<byte[]> fragments, byte[] original)
    {
        byte[] body = new byte[original.Length - HeaderBytes(original)];
        byte[]? head = null;
        foreach (byte[] fragment in fragments)
        {
            int headerBytes = HeaderBytes(fragment);
            if (IsIp4(fragment)) Assert.Equal(0, ChecksumOracle.Of(ChecksumOracle.Sum(fragment.AsSpan(0, headerBytes))));
            head ??= fragment[..headerBytes];
            Assert.Equal(head.AsSpan(headerBytes - AddressBytes(fragment), AddressBytes(fragment)), fragment.AsSpan(headerBytes - AddressBytes(fragment), AddressBytes(fragment)));
            int partFrom = headerBytes + (IsIp4(fragment) ? 0 : FragmentHeaderBytes);
            fragment.AsSpan(partFrom).CopyTo(body.AsSpan(OffsetOf(fragment)));
        }

        return [.. Whole(head!, original), .. body];
    }

    private static byte[] Piece6(byte[] head, byte[] part, int offset, bool hasMore)
    {
        byte[] extension = new byte[FragmentHeaderBytes];
        extension[0] = head[6];
        BinaryPrimitives.WriteUInt16BigEndian(extension.AsSpan(2), (ushort)(offset | (hasMore ? 1 : 0)));
        BinaryPrimitives.WriteInt32BigEndian(extension.AsSpan(4), Identification);
        head[6] = IpProtocol.Ip6Fragment;
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(4), (ushort)(FragmentHeaderBytes + part.Length));
        return [.. head, .. extension, .. part];
    }

    /// <summary>The original's header with the fragment's addresses.</summary>
    private static byte[] Whole(byte[] head, byte[] original)
    {
        byte[] whole = original[..HeaderBytes(original)];
        int addressBytes = AddressBytes(original);
        head.AsSpan(head.Length - addressBytes).CopyTo(whole.AsSpan(whole.Length - addressBytes));
        return IsIp4(whole) ? WithChecksum(whole) : whole;
    }

    private static byte[] WithChecksum(byte[] head)
    {
        head.AsSpan(10, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(10), ChecksumOracle.Of(ChecksumOracle.Sum(head)));
        return head;
    }

    private static int OffsetOf(byte[] fragment) => IsIp4(fragment)
        ? (BinaryPrimitives.ReadUInt16BigEndian(fragment.AsSpan(6)) & 0x1FFF) * 8
        : BinaryPrimitives.ReadUInt16BigEndian(fragment.AsSpan(42)) & 0xFFF8;

    private static bool IsIp4(byte[] packet) => packet[0] >> 4 == 4;

    /// <summary>Both addresses end the header: no options here.</summary>
    private static int AddressBytes(byte[] packet) => IsIp4(packet) ? 8 : 32;

    private static int HeaderBytes(byte[] packet) => IsIp4(packet) ? 20 : 40;
}
