using System.Buffers.Binary;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>
/// Cuts datagrams into fragments as a sender does (RFC 791 section 3.2, RFC 8200 section 4.5). What must leave for a fragment is the
/// fragment of what must leave for the whole datagram: cut alike, byte for byte.
/// </summary>
public static class Fragments
{
    /// <summary>What a first fragment has behind the IP header, and every other but the last, unless a story says otherwise.</summary>
    public const int UsualBytes = 400;

    private const int Unit = 8;
    private const byte Ip6Fragment = 44;

    /// <summary>The fragments of a datagram, in order: each but the last has <paramref name="partBytes"/> of what is behind the IP header.</summary>
    public static IReadOnlyList<byte[]> Of(byte[] frame, int identification, int partBytes = UsualBytes)
    {
        int length = new IpView(frame).L4.Length;
        return [.. Enumerable.Range(0, (length + partBytes - 1) / partBytes).Select(number =>
            Part(frame, identification, number * partBytes, Math.Min(partBytes, length - (number * partBytes))))];
    }

    /// <summary>A datagram's only fragment (RFC 6946): IPv6 only.</summary>
    public static byte[] Lone(byte[] frame, int identification) => Part(frame, identification, 0, new IpView(frame).L4.Length);

    private static byte[] Part(byte[] frame, int identification, int offset, int lengthBytes)
    {
        IpView view = new(frame);
        bool hasMore = offset + lengthBytes < view.L4.Length;
        byte[] part = view.L4.Slice(offset, lengthBytes).ToArray();
        ReadOnlySpan<byte> head = frame.AsSpan(0, IpView.EthernetLengthBytes + view.HeaderLengthBytes);
        return view.IsIp4 ? Part4(head, part, identification, offset, hasMore) : Part6(head, part, identification, offset, hasMore);
    }

    private static byte[] Part4(ReadOnlySpan<byte> head, byte[] part, int identification, int offset, bool hasMore)
    {
        byte[] fragment = [.. head, .. part];
        Span<byte> ip = fragment.AsSpan(IpView.EthernetLengthBytes);
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)identification);
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], (ushort)((offset / Unit) | (hasMore ? 0x2000 : 0)));
        Checksums.FillIp4Header(fragment);
        return fragment;
    }

    private static byte[] Part6(ReadOnlySpan<byte> head, byte[] part, int identification, int offset, bool hasMore)
    {
        byte[] header = new byte[Unit];
        header[0] = head[IpView.EthernetLengthBytes + 6];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(offset | (hasMore ? 1 : 0)));
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), identification);
        byte[] fragment = [.. head, .. header, .. part];
        Span<byte> ip = fragment.AsSpan(IpView.EthernetLengthBytes);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(Unit + part.Length));
        ip[6] = Ip6Fragment;
        return fragment;
    }
}
