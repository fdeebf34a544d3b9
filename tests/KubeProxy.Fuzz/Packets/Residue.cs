using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Tests.Net;
using KubeProxy.Core.Tests.Pipeline;

namespace KubeProxy.Fuzz.Packets;

/// <summary>
/// By how much checksums are wrong: 0 for a right one. Translation changes what a checksum covers and lets it follow, so each number must be the same
/// before and behind it: what was right stays right, and what was wrong stays wrong by as much.
/// </summary>
internal static class Residue
{
    private const int Modulus = 0xFFFF;

    /// <summary>Of an IPv4 header.</summary>
    public static int OfHeader(ReadOnlySpan<byte> header) => ChecksumOracle.Sum(header) % Modulus;

    /// <summary>
    /// Of the transport checksum over what is there, without what the addresses do not say (protocol and length, which stay as they are). A fragment has one
    /// as well: all that changes is in the first.
    /// </summary>
    public static long OfTransport(PacketView view)
    {
        if (view.Protocol == IpProtocol.Sctp) return OfCrc(view.Transport);
        return ChecksumOracle.Sum(view.Transport, ChecksumOracle.Sum(view.Bytes.Slice(view.SourceAt, 2 * view.AddressBytes))) % Modulus;
    }

    /// <summary>Of an ICMP message; over IPv6 the addresses are part of it.</summary>
    public static int OfIcmp(PacketView view) =>
        ChecksumOracle.Sum(view.Transport, view.IsIp4 ? 0 : ChecksumOracle.Sum(view.Bytes.Slice(view.SourceAt, 32))) % Modulus;

    /// <summary>True when the transport checksum of a whole packet is right: with what the family has as a pseudo header, or none where none is needed.</summary>
    public static bool IsRight(PacketView view)
    {
        if (view.Protocol == IpProtocol.Sctp) return OfCrc(view.Transport) == 0;
        if (view.Checksum.Length == 0 && !view.IsIcmp) return true;
        if (view.Transport.Length < view.Checksum.Offset + view.Checksum.Length) return false;
        bool hasNone = view.Protocol == IpProtocol.Udp && view.Transport[6] == 0 && view.Transport[7] == 0;
        if (hasNone) return view.IsIp4;
        if (view.IsIcmp && view.IsIp4) return OfIcmp(view) == 0;
        ReadOnlySpan<byte> covered = Covered(view);
        int sum = ChecksumOracle.Sum(covered, ChecksumOracle.Sum(view.Bytes.Slice(view.SourceAt, 2 * view.AddressBytes)));
        return (sum + view.Protocol + covered.Length) % Modulus == 0;
    }

    /// <summary>True when every checksum of a packet that this host has written is right.</summary>
    public static bool IsSound(ReadOnlySpan<byte> packet, IpFamily family)
    {
        var view = new PacketView(packet, family);
        if (!view.IsWhole) return false;
        if (view.IsIp4 && OfHeader(packet[..view.L4]) != 0) return false;
        byte[] again = packet.ToArray();
        Craft.MakeSound(again, family);
        return again.AsSpan().SequenceEqual(packet);
    }

    /// <summary>A UDP datagram ends where its own length says (RFC 768).</summary>
    private static ReadOnlySpan<byte> Covered(PacketView view)
    {
        if (view.Protocol != IpProtocol.Udp || view.Transport.Length < 8) return view.Transport;
        int length = BinaryPrimitives.ReadUInt16BigEndian(view.Transport[4..]);
        return length >= 8 && length <= view.Transport.Length ? view.Transport[..length] : view.Transport;
    }

    /// <summary>CRC32c is linear: what is stored, less what the bytes have, does not change either.</summary>
    private static long OfCrc(ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 12) return 0;
        byte[] bytes = segment.ToArray();
        uint stored = BitConverter.ToUInt32(bytes, 8);
        bytes.AsSpan(8, 4).Clear();
        return stored ^ Crc32cOracle.Of(bytes);
    }
}
