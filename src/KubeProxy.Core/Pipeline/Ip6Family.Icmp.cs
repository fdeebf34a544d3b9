using System.Buffers.Binary;
using System.Numerics;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>ICMPv6 (RFC 4443).</summary>
public readonly unsafe partial struct Ip6Family
{
    private const int QuotedLongsOffset = 4;
    private const byte PacketTooBig = 2;
    private const byte ParameterProblem = 4;

    /// <inheritdoc/>
    public static byte EchoRequestType => IcmpMessage.EchoRequest6;

    /// <inheritdoc/>
    public static bool TryReadIcmp(byte* packet, uint available, IcmpMessage* message)
    {
        if (available < Ip6Header.SizeBytes + IcmpMessage.HeaderBytes) return false;
        uint lengthBytes = LengthBytes(packet);
        bool isWhole = ((Ip6Header*)packet)->NextHeader == IpProtocol.Icmp6 && lengthBytes >= Ip6Header.SizeBytes + IcmpMessage.HeaderBytes;
        if (!isWhole) return false;
        message->Start = packet + Ip6Header.SizeBytes;
        message->LengthBytes = lengthBytes - Ip6Header.SizeBytes;
        message->AvailableBytes = Math.Min(lengthBytes, available) - Ip6Header.SizeBytes;
        return true;
    }

    /// <summary>Destination unreachable, packet too big, time exceeded, parameter problem.</summary>
    public static bool IsError(byte type) => type is >= 1 and <= ParameterProblem;

    /// <summary>RFC 4443 section 2.3.</summary>
    public static ulong IcmpPseudoSum(byte* packet, uint lengthBytes)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        return Words(ip->SourceFirst, ip->SourceSecond) + Words(ip->DestinationFirst, ip->DestinationSecond)
            + BinaryPrimitives.ReverseEndianness((ushort)IpProtocol.Icmp6) + BinaryPrimitives.ReverseEndianness((ushort)lengthBytes);
    }

    /// <inheritdoc/>
    public static Outcome ReadQuote(IcmpMessage* message, IcmpQuote* quote)
    {
        byte* packet = message->Start + IcmpMessage.HeaderBytes;
        uint quoted = message->AvailableBytes - IcmpMessage.HeaderBytes;

        // RFC 4884 section 4: where extensions follow, the length of the quote, in words of 8 bytes. Other types have an MTU or a pointer there.
        uint longs = message->Type is PacketTooBig or ParameterProblem ? 0u : message->Start[QuotedLongsOffset];
        if (longs != 0) quoted = Math.Min(quoted, longs * sizeof(ulong));
        if (quoted < Ip6Header.SizeBytes || packet[0] >> 4 != 6) return Outcome.IcmpQuote;
        quoted = Math.Min(quoted, LengthBytes(packet));
        if (!Ip6Extensions.TrySkip(packet, quoted, out byte protocol, out uint offset, out bool isWhole)) return Outcome.IcmpQuote;
        if (!IpProtocol.HasPorts(protocol) || quoted < offset + IcmpQuote.MinimumL4Bytes) return Outcome.IcmpQuote;
        *quote = new IcmpQuote
        {
            Ip = packet,
            L4 = packet + offset,
            L4Bytes = quoted - offset,
            WholeL4Bytes = isWhole ? LengthBytes(packet) - offset : 0,
            Protocol = protocol,
        };
        return Outcome.Translated;
    }

    /// <inheritdoc/>
    public static bool IsToSender(byte* packet, IcmpQuote* quote)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        Ip6Header* quoted = (Ip6Header*)quote->Ip;
        return ip->DestinationFirst == quoted->SourceFirst && ip->DestinationSecond == quoted->SourceSecond;
    }

    /// <inheritdoc/>
    public static Ip6Flow AnswerTo(IcmpQuote* quote)
    {
        Ip6Header* ip = (Ip6Header*)quote->Ip;
        return new()
        {
            SourceFirst = ip->DestinationFirst,
            SourceSecond = ip->DestinationSecond,
            DestinationFirst = ip->SourceFirst,
            DestinationSecond = ip->SourceSecond,
            PortsAndClass = Ip6Flow.Pack(BitOperations.RotateLeft(*quote->Ports, 16), quote->FlowClass),
        };
    }

    /// <inheritdoc/>
    public static ulong SetQuote(IcmpQuote* quote, Ip6Flow* flow)
    {
        Ip6Header* ip = (Ip6Header*)quote->Ip;
        ulong addresses = SetAddress(&ip->SourceFirst, flow->SourceFirst, flow->SourceSecond)
            + (ulong)SetAddress(&ip->DestinationFirst, flow->DestinationFirst, flow->DestinationSecond);
        return addresses + IcmpQuote.SetPorts(quote, flow->Ports, addresses);
    }

    /// <inheritdoc/>
    public static ulong SetIcmpSource(byte* packet, byte* address) => SetSourceAddress(packet, address);

    /// <inheritdoc/>
    public static ulong SetIcmpDestination(byte* packet, byte* address) => SetDestinationAddress(packet, address);

    /// <inheritdoc/>
    public static byte* SourceOf(byte* packet) => (byte*)&((Ip6Header*)packet)->SourceFirst;
}
