namespace KubeProxy.Oracle;

/// <summary>Headers of IPv6 that IPv4 does not have (RFC 7915, section 5.1): those in front that say nothing about where the packet goes are taken out.</summary>
internal static class Ip6Chain
{
    private const int MostHeaders = 8;

    /// <summary>The packet without headers in front, as far as they can be taken out; a fragment header stays.</summary>
    public static PlainPacket WithoutHeaders(PlainPacket packet)
    {
        byte[] bytes = packet.Bytes;
        if (packet.Shape == Shape.HeaderCut && bytes.Length < 40) return packet;
        (int at, int next) = (40, bytes[6]);
        for (int count = 0; next is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.DestinationOptions; count++)
        {
            if (count == MostHeaders || packet.End - at < 8) return packet;
            int header = (bytes[at + 1] + 1) * 8;
            if ((next == IpProtocol.Routing && bytes[at + 3] != 0) || packet.End - at < header) return packet;
            next = bytes[at];
            at += header;
        }

        if (at == 40) return packet;
        byte[] rest = [.. bytes.AsSpan(0, 40), .. bytes.AsSpan(at)];
        rest[6] = (byte)next;
        Wire.SetWord(rest, 4, Wire.Word(bytes, 4) - (at - 40));
        return new PlainPacket(rest);
    }

    /// <summary>Where the fragment header is among the headers that end at <paramref name="l4"/>; 0 where there is none.</summary>
    public static int FragmentHeader(byte[] bytes, int start, int l4)
    {
        (int at, int next) = (start + 40, bytes[start + 6]);
        while (at < l4 && next != IpProtocol.Fragment)
        {
            next = bytes[at];
            at += (bytes[at + 1] + 1) * 8;
        }

        return at < l4 ? at : 0;
    }

    /// <summary>A fragment header with another extension header behind it (RFC 7915, section 5.1.1).</summary>
    public static bool HidesHeader(PlainPacket packet) =>
        packet.Bytes[6] == IpProtocol.Fragment && packet.End - 40 >= 8 && PlainPacket.IsExtensionHeader(packet.Bytes[40]);
}
