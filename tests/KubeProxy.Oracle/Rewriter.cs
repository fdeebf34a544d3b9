using System.Net;

namespace KubeProxy.Oracle;

/// <summary>New ends of a packet.</summary>
public sealed record Ends(IPAddress Source, int SourcePort, IPAddress Destination, int DestinationPort);

/// <summary>
/// Changes addresses and ports, then computes every checksum over the whole message anew, with the fault that it had: the sum of all words, checksum
/// included, is after the change what it was before (RFC 1624 says the same in one step).
/// </summary>
public static class Rewriter
{
    public static byte[] Rewrite(PlainPacket packet, Ends ends)
    {
        if (packet.IsPart) return RewritePart(packet, ends);
        byte[] bytes = [.. packet.Bytes];
        if (packet.HasPorts) SetPorts(bytes, packet.L4, ends);
        SetAddresses(bytes, 0, packet.Ip6, ends);
        if (!packet.Ip6) Follow(bytes, packet.Bytes, 0, packet.L4, 10);
        if (packet.Protocol == IpProtocol.Sctp) FollowCrc(bytes, packet.L4, packet);
        int checksum = IpProtocol.ChecksumOffset(packet.Protocol, packet.Ip6);
        if (checksum >= 0) FollowPseudoHeader(bytes, packet, ends, packet.L4 + checksum);
        return bytes;
    }

    /// <summary>A fragment: ports and checksum are the first one's, and the rest of what the checksum covers does not change.</summary>
    private static byte[] RewritePart(PlainPacket packet, Ends ends)
    {
        byte[] bytes = [.. packet.Bytes];
        SetAddresses(bytes, 0, packet.Ip6, ends);
        if (!packet.Ip6) Follow(bytes, packet.Bytes, 0, packet.L4, 10);
        if (packet.IsLaterPart) return bytes;
        SetPorts(bytes, packet.L4, ends);
        int offset = packet.L4 + IpProtocol.ChecksumOffset(packet.Protocol, packet.Ip6);
        bool isUdp = packet.Protocol == IpProtocol.Udp;
        int old = Wire.Word(bytes, offset);
        if (isUdp && old == 0) return bytes;
        int was = (old + Wire.Sum(packet.Source, packet.Destination) + packet.SourcePort + packet.DestinationPort) % 65535;
        int checksum = Wire.ChecksumFor(was, (Wire.Sum(ends.Source, ends.Destination) + ends.SourcePort + ends.DestinationPort) % 65535);
        Wire.SetWord(bytes, offset, isUdp && checksum == 0 ? 0xFFFF : checksum);
        return bytes;
    }

    public static void SetAddresses(byte[] bytes, int header, bool ip6, Ends ends)
    {
        Wire.SetAddress(bytes, header + (ip6 ? 8 : 12), ends.Source);
        Wire.SetAddress(bytes, header + (ip6 ? 24 : 16), ends.Destination);
    }

    public static void SetPorts(byte[] bytes, int l4, Ends ends)
    {
        Wire.SetWord(bytes, l4, ends.SourcePort);
        Wire.SetWord(bytes, l4 + 2, ends.DestinationPort);
    }

    /// <summary>The checksum at <paramref name="offset"/> of the message from <paramref name="start"/> to <paramref name="end"/>.</summary>
    public static void Follow(byte[] bytes, byte[] before, int start, int end, int offset)
    {
        Wire.SetWord(bytes, offset, 0);
        Wire.SetWord(bytes, offset, Wire.ChecksumFor(Wire.Sum(before.AsSpan(start, end - start)), Wire.Sum(bytes.AsSpan(start, end - start))));
    }

    private static void FollowPseudoHeader(byte[] bytes, PlainPacket packet, Ends ends, int offset)
    {
        bool lite = packet.Protocol == IpProtocol.UdpLite;
        if (packet.HasNoUdpChecksum || (lite && Wire.Word(packet.Bytes, offset) == 0)) return;
        int length = packet.End - packet.L4;
        int before = (Wire.Sum(packet.Bytes.AsSpan(packet.L4, length)) + Wire.Sum(packet.Source, packet.Destination)) % 65535;
        Wire.SetWord(bytes, offset, 0);
        int rest = (Wire.Sum(bytes.AsSpan(packet.L4, length)) + Wire.Sum(ends.Source, ends.Destination)) % 65535;
        int checksum = Wire.ChecksumFor(before, rest);
        Wire.SetWord(bytes, offset, checksum == 0 && (lite || packet.Protocol == IpProtocol.Udp) ? 0xFFFF : checksum);
    }

    /// <summary>SCTP's CRC32c of the message at <paramref name="l4"/>, which was the packet's and has its fault.</summary>
    public static void FollowCrc(byte[] bytes, int l4, PlainPacket packet)
    {
        uint fault = Right(packet.Bytes, packet.L4, packet) ^ BitConverter.ToUInt32(packet.Bytes, packet.L4 + 8);
        BitConverter.TryWriteBytes(bytes.AsSpan(l4 + 8), Right(bytes, l4, packet) ^ fault);
    }

    private static uint Right(byte[] bytes, int l4, PlainPacket packet)
    {
        // A CRC depends on the length: of a packet that is not all there, on the length that its header gives.
        byte[] message = [.. bytes.AsSpan(l4, packet.End - packet.L4), .. new byte[packet.ClaimedBytes - packet.End]];
        message.AsSpan(8, 4).Clear();
        return Wire.Crc32c(message);
    }
}
