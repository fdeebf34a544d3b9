using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>IPv6 packets that are neither TCP nor UDP.</summary>
public readonly unsafe partial struct Ip6Family
{
    private const byte EchoRequest = 128;
    private const byte EchoReply = 129;

    /// <inheritdoc/>
    public static byte IcmpProtocol => IpProtocol.Icmp6;

    /// <inheritdoc/>
    public static Outcome ParseOther(byte* packet, uint available, bool isAnswer, Ip6Flow* flow)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        uint length = Math.Min(available, LengthBytes(packet)) - Ip6Header.SizeBytes;
        byte* l4 = L4(packet);
        byte protocol = ip->NextHeader;
        if (protocol == IpProtocol.Ip6Fragment)
        {
            if (length < Ip6FragmentHeader.SizeBytes) return Outcome.Truncated;
            protocol = ((Ip6FragmentHeader*)l4)->NextHeader;
            if (!OtherHeader.IsKnownFromFragment(protocol, IcmpProtocol)) return Outcome.Fragment;
        }

        Outcome outcome = protocol == IcmpProtocol
            ? OtherHeader.CheckEcho(l4, length, isAnswer ? EchoReply : EchoRequest)
            : OtherHeader.Check(protocol, length);
        if (outcome != Outcome.Translated) return outcome;
        flow->SourceFirst = ip->SourceFirst;
        flow->SourceSecond = ip->SourceSecond;
        flow->DestinationFirst = ip->DestinationFirst;
        flow->DestinationSecond = ip->DestinationSecond;
        flow->PortsAndClass = Ip6Flow.Pack(OtherHeader.PortsOf(protocol, l4), OtherHeader.ClassOf(protocol));
        return Outcome.Translated;
    }

    /// <inheritdoc/>
    public static byte Protocol(byte* packet) => ((Ip6Header*)packet)->NextHeader;

    /// <summary>ICMPv6 has a pseudo header (RFC 4443 section 2.3).</summary>
    public static int ChecksumOffset(byte protocol) =>
        protocol == IcmpProtocol ? OtherHeader.IcmpChecksumOffset : OtherHeader.ChecksumOffsetOf(protocol);

    /// <inheritdoc/>
    public static uint SetSourceAddress(byte* packet, byte* address) =>
        SetAddress(&((Ip6Header*)packet)->SourceFirst, ((ulong*)address)[0], ((ulong*)address)[1]);

    /// <inheritdoc/>
    public static uint SetDestinationAddress(byte* packet, byte* address) =>
        SetAddress(&((Ip6Header*)packet)->DestinationFirst, ((ulong*)address)[0], ((ulong*)address)[1]);

    private static uint SetAddress(ulong* address, ulong first, ulong second)
    {
        uint change = InternetChecksum.Shorten(Complement(address[0], address[1]) + Words(first, second));
        address[0] = first;
        address[1] = second;
        return change;
    }
}
