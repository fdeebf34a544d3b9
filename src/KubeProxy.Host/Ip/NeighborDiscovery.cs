using System.Buffers.Binary;

namespace KubeProxy.Host.Ip;

/// <summary>A neighbour solicitation or advertisement (RFC 4861 sections 4.3 and 4.4), as it was received.</summary>
internal readonly record struct NdMessage(byte Type, IpAddr Source, IpAddr Target, MacAddress? LinkAddress);

/// <summary>Reads and writes the two neighbour discovery messages that address resolution needs, IPv6 header included.</summary>
internal static class NeighborDiscovery
{
    internal const byte Solicitation = 135;
    internal const byte Advertisement = 136;
    internal const int PacketBytes = Ip6HeaderBytes + MessageBytes + OptionBytes;

    private const int Ip6HeaderBytes = 40;
    private const int MessageBytes = 24;
    private const int OptionBytes = 8;
    private const byte Icmp6 = 58;
    private const byte HopLimit = 255;
    private const byte SourceLinkAddress = 1;
    private const byte TargetLinkAddress = 2;
    private const byte SolicitedAndOverride = 0x60;
    private const byte OverrideOnly = 0x20;

    /// <summary>True for a solicitation or advertisement that passes the checks of RFC 4861 sections 7.1.1 and 7.1.2.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> packet, out NdMessage message)
    {
        message = default;
        if (packet.Length < Ip6HeaderBytes + MessageBytes || packet[6] != Icmp6 || packet[7] != HopLimit)
            return false;
        int payloadBytes = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        if (payloadBytes < MessageBytes || payloadBytes > packet.Length - Ip6HeaderBytes)
            return false;
        ReadOnlySpan<byte> icmp = packet.Slice(Ip6HeaderBytes, payloadBytes);
        byte type = icmp[0];
        if (type is not (Solicitation or Advertisement) || icmp[1] != 0)
            return false;
        if (Checksum.UpperLayer(packet.Slice(8, 32), Icmp6, icmp) != 0)
            return false;
        IpAddr target = IpAddr.FromWire6(icmp[8..]);
        MacAddress? link = FindLinkAddress(icmp[MessageBytes..], type == Solicitation ? SourceLinkAddress : TargetLinkAddress);
        message = new NdMessage(type, IpAddr.FromWire6(packet[8..]), target, link);
        return !target.IsMulticast;
    }

    private static MacAddress? FindLinkAddress(ReadOnlySpan<byte> options, byte wanted)
    {
        while (options.Length >= OptionBytes && options[1] != 0 && options[1] * OptionBytes <= options.Length)
        {
            if (options[0] == wanted)
                return MacAddress.Read(options[2..]);
            options = options[(options[1] * OptionBytes)..];
        }
        return null;
    }

    /// <summary>Asks for <paramref name="target"/>'s station address.</summary>
    internal static void WriteSolicitation(Span<byte> packet, IpAddr source, IpAddr target, MacAddress mac) =>
        Write(packet, source, target.SolicitedNode(), Solicitation, 0, target, SourceLinkAddress, mac);

    /// <summary>Answers a solicitation for our address; one from the unspecified address is answered to all nodes (RFC 4861 section 7.2.4).</summary>
    internal static void WriteAdvertisement(Span<byte> packet, NdMessage solicitation, MacAddress mac)
    {
        IpAddr allNodes = new(true, ((UInt128)0xff02 << 112) | 1);
        bool anonymous = solicitation.Source.IsZero;
        IpAddr destination = anonymous ? allNodes : solicitation.Source;
        byte flags = anonymous ? OverrideOnly : SolicitedAndOverride;
        Write(packet, solicitation.Target, destination, Advertisement, flags, solicitation.Target, TargetLinkAddress, mac);
    }

    private static void Write(
        Span<byte> packet, IpAddr source, IpAddr destination, byte type, byte flags, IpAddr target, byte option, MacAddress mac)
    {
        packet = packet[..PacketBytes];
        packet.Clear();
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], MessageBytes + OptionBytes);
        packet[6] = Icmp6;
        packet[7] = HopLimit;
        source.WriteWire(packet[8..]);
        destination.WriteWire(packet[24..]);
        Span<byte> icmp = packet[Ip6HeaderBytes..];
        icmp[0] = type;
        icmp[4] = flags;
        target.WriteWire(icmp[8..]);
        icmp[MessageBytes] = option;
        icmp[MessageBytes + 1] = 1;
        mac.Write(icmp[(MessageBytes + 2)..]);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], Checksum.UpperLayer(packet.Slice(8, 32), Icmp6, icmp));
    }
}
