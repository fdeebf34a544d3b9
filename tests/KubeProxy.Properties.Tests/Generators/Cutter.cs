using KubeProxy.Oracle;

namespace KubeProxy.Properties.Tests.Generators;

/// <summary>Cuts TCP segments and UDP datagrams into fragments, which arrive in any order.</summary>
public static class Cutter
{
    private const int Unit = 8;

    /// <summary>True for a datagram that can be cut: whole, without options and headers in front, with ports.</summary>
    public static bool CanCut(PlainPacket packet)
    {
        bool isPlain = packet is { Shape: Shape.Whole, Protocol: IpProtocol.Tcp or IpProtocol.Udp, ClaimsMoreThanThereIs: false } && packet.L4 == (packet.Ip6 ? 40 : 20);
        return isPlain && packet.End - packet.L4 >= 3 * Unit && packet.SourcePort != 0 && packet.DestinationPort != 0 && !(packet.Ip6 && packet.HasNoUdpChecksum);
    }

    public static byte[][] Cut(Random random, PlainPacket packet)
    {
        byte[] message = packet.Bytes[packet.L4..packet.End];
        uint identification = (uint)random.Next();
        var pieces = new List<byte[]>();
        for (int at = 0; at < message.Length;)
        {
            int most = at == 0 ? (message.Length - 1) / Unit : message.Length / Unit;
            int length = Math.Min(message.Length - at, Unit * random.Next(1, most + 1));
            pieces.Add(Piece(packet, message.AsSpan(at, length), at, at + length < message.Length, identification));
            at += length;
        }

        byte[][] shuffled = [.. pieces];
        random.Shuffle(shuffled);
        return shuffled;
    }

    private static byte[] Piece(PlainPacket packet, ReadOnlySpan<byte> part, int offset, bool hasMore, uint identification)
    {
        byte[] header = packet.Bytes[..packet.L4];
        if (!packet.Ip6)
        {
            Wire.SetWord(header, 2, 20 + part.Length);
            Wire.SetWord(header, 4, (int)(identification & 0xFFFF));
            Wire.SetWord(header, 6, (offset / Unit) | (hasMore ? 0x2000 : 0));
            byte[] piece = [.. header, .. part];
            PacketMaker.FixHeader(piece);
            return piece;
        }

        byte[] fragment = [(byte)packet.Protocol, 0, 0, 0, .. BitConverter.GetBytes(identification)];
        Wire.SetWord(fragment, 2, offset | (hasMore ? 1 : 0));
        Wire.SetWord(header, 4, fragment.Length + part.Length);
        header[6] = IpProtocol.Fragment;
        return [.. header, .. fragment, .. part];
    }
}
