using System.Numerics;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>ICMP (RFC 792).</summary>
public readonly unsafe partial struct Ip4Family
{
    private const int QuotedWordsOffset = 5;
    private const ushort FragmentOffsetMaskWire = 0xFF1F;

    /// <inheritdoc/>
    public static byte EchoRequestType => IcmpMessage.EchoRequest4;

    /// <inheritdoc/>
    public static bool TryReadIcmp(byte* packet, uint available, IcmpMessage* message)
    {
        if (available < Ip4Header.MinimumBytes) return false;
        Ip4Header* ip = (Ip4Header*)packet;
        uint headerBytes = ip->LengthBytes;
        uint lengthBytes = LengthBytes(packet);
        bool isWhole = ip->Protocol == IpProtocol.Icmp && (ip->FragmentWire & Ip4Header.FragmentMaskWire) == 0
            && headerBytes >= Ip4Header.MinimumBytes && Math.Min(lengthBytes, available) >= headerBytes + IcmpMessage.HeaderBytes;
        if (!isWhole) return false;
        message->Start = packet + headerBytes;
        message->LengthBytes = lengthBytes - headerBytes;
        message->AvailableBytes = Math.Min(lengthBytes, available) - headerBytes;
        return true;
    }

    /// <summary>
    /// Destination unreachable (with "fragmentation needed"), source quench, time exceeded, parameter problem. A redirect is about the
    /// next hop of one link and means nothing behind a translation.
    /// </summary>
    public static bool IsError(byte type) => type is 3 or 4 or 11 or 12;

    /// <inheritdoc/>
    public static ulong IcmpPseudoSum(byte* packet, uint lengthBytes) => 0;

    /// <inheritdoc/>
    public static Outcome ReadQuote(IcmpMessage* message, IcmpQuote* quote)
    {
        byte* packet = message->Start + IcmpMessage.HeaderBytes;
        Ip4Header* ip = (Ip4Header*)packet;
        uint quoted = message->AvailableBytes - IcmpMessage.HeaderBytes;

        // RFC 4884 section 4: where extensions follow, the length of the quote, in words.
        uint words = message->Start[QuotedWordsOffset];
        if (words != 0) quoted = Math.Min(quoted, words * sizeof(uint));
        if (quoted < Ip4Header.MinimumBytes) return Outcome.IcmpQuote;
        uint headerBytes = ip->LengthBytes;
        quoted = Math.Min(quoted, LengthBytes(packet));
        bool isPlain = ip->VersionAndLength >> 4 == 4 && headerBytes >= Ip4Header.MinimumBytes
            && (ip->FragmentWire & FragmentOffsetMaskWire) == 0
            && quoted >= headerBytes + IcmpQuote.MinimumL4Bytes && IpProtocol.HasPorts(ip->Protocol);
        if (!isPlain) return Outcome.IcmpQuote;
        if (InternetChecksum.Fold(InternetChecksum.Sum(packet, headerBytes)) != ushort.MaxValue) return Outcome.IcmpDamaged;
        bool isWhole = (ip->FragmentWire & Ip4Header.FragmentMaskWire) == 0;
        *quote = new IcmpQuote
        {
            Ip = packet,
            L4 = packet + headerBytes,
            L4Bytes = quoted - headerBytes,
            Protocol = ip->Protocol,
            WholeL4Bytes = isWhole ? LengthBytes(packet) - headerBytes : 0,
        };
        return Outcome.Translated;
    }

    /// <inheritdoc/>
    public static bool IsToSender(byte* packet, IcmpQuote* quote) => ((Ip4Header*)packet)->Destination == ((Ip4Header*)quote->Ip)->Source;

    /// <inheritdoc/>
    public static Ip4Flow AnswerTo(IcmpQuote* quote)
    {
        Ip4Header* ip = (Ip4Header*)quote->Ip;
        return new()
        {
            Source = ip->Destination,
            Destination = ip->Source,
            PortsAndClass = Ip4Flow.Pack(BitOperations.RotateLeft(*quote->Ports, 16), quote->FlowClass),
        };
    }

    /// <inheritdoc/>
    public static ulong SetQuote(IcmpQuote* quote, Ip4Flow* flow)
    {
        Ip4Header* ip = (Ip4Header*)quote->Ip;
        ulong addresses = InternetChecksum.Change32(ip->Source, flow->Source) + InternetChecksum.Change32(ip->Destination, flow->Destination);
        ip->Source = flow->Source;
        ip->Destination = flow->Destination;
        ushort before = ip->Checksum;
        ip->Checksum = InternetChecksum.Update(before, addresses);
        return addresses + InternetChecksum.Change16(before, ip->Checksum) + IcmpQuote.SetPorts(quote, flow->Ports, addresses);
    }

    /// <inheritdoc/>
    public static ulong SetIcmpSource(byte* packet, byte* address)
    {
        _ = SetSourceAddress(packet, address);
        return 0;
    }

    /// <inheritdoc/>
    public static ulong SetIcmpDestination(byte* packet, byte* address)
    {
        _ = SetDestinationAddress(packet, address);
        return 0;
    }

    /// <inheritdoc/>
    public static byte* SourceOf(byte* packet) => (byte*)&((Ip4Header*)packet)->Source;
}
