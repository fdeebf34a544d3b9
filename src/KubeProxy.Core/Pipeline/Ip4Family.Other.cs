using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>IPv4 packets that are neither TCP nor UDP.</summary>
public readonly unsafe partial struct Ip4Family
{
    private const byte EchoReply = 0;
    private const byte EchoRequest = 8;

    /// <inheritdoc/>
    public static byte IcmpProtocol => IpProtocol.Icmp;

    /// <inheritdoc/>
    public static Outcome ParseOther(byte* packet, uint available, bool isAnswer, Ip4Flow* flow)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        uint headerBytes = ip->LengthBytes;
        uint length = Math.Min(available, LengthBytes(packet));
        if (length < headerBytes) return Outcome.Truncated;
        bool isFragment = (ip->FragmentWire & Ip4Header.FragmentMaskWire) != 0;
        if (isFragment && !OtherHeader.IsKnownFromFragment(ip->Protocol, IcmpProtocol)) return Outcome.Fragment;
        byte* l4 = packet + headerBytes;
        Outcome outcome = ip->Protocol == IcmpProtocol
            ? OtherHeader.CheckEcho(l4, length - headerBytes, isAnswer ? EchoReply : EchoRequest)
            : OtherHeader.Check(ip->Protocol, length - headerBytes);
        if (outcome != Outcome.Translated) return outcome;
        flow->Addresses = *(ulong*)&ip->Source;
        flow->PortsAndClass = Ip4Flow.Pack(OtherHeader.PortsOf(ip->Protocol, l4), OtherHeader.ClassOf(ip->Protocol));
        return Outcome.Translated;
    }

    /// <inheritdoc/>
    public static byte Protocol(byte* packet) => ((Ip4Header*)packet)->Protocol;

    /// <summary>ICMP has no pseudo header over IPv4 (RFC 792).</summary>
    public static int ChecksumOffset(byte protocol) => OtherHeader.ChecksumOffsetOf(protocol);

    /// <inheritdoc/>
    public static uint SetSourceAddress(byte* packet, byte* address) =>
        SetAddress((Ip4Header*)packet, &((Ip4Header*)packet)->Source, *(uint*)address);

    /// <inheritdoc/>
    public static uint SetDestinationAddress(byte* packet, byte* address) =>
        SetAddress((Ip4Header*)packet, &((Ip4Header*)packet)->Destination, *(uint*)address);

    private static uint SetAddress(Ip4Header* ip, uint* address, uint to)
    {
        uint change = InternetChecksum.Shorten(InternetChecksum.Change32(*address, to));
        *address = to;
        ip->Checksum = InternetChecksum.UpdateShort(ip->Checksum, change);
        return change;
    }
}
