using System.Buffers.Binary;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Core.Translation;

/// <summary>
/// The headers of an IPv6 packet in front of its transport header, as RFC 7915 section 5.1 passes over them: hop-by-hop and destination
/// options, a routing header that is at its end, and a fragment header as the last of all.
/// </summary>
public unsafe struct Ip6HeaderChain
{
    private const byte HopByHop = 0;
    private const byte Routing = 43;
    private const byte DestinationOptions = 60;
    private const int SegmentsLeftOffset = 3;
    private const uint UnitBytes = 8;

    /// <summary>Bytes of all headers.</summary>
    public uint LengthBytes;

    /// <summary>Bytes of those in front of the fragment header; without one, of all.</summary>
    public uint UnfragmentableBytes;

    /// <summary>The fragment header, or null.</summary>
    public Ip6FragmentHeader* Fragment;

    /// <summary>Protocol of what follows.</summary>
    public byte Protocol;

    /// <summary>True unless the packet is a later fragment.</summary>
    public readonly bool IsFirst => Fragment == null || (Fragment->OffsetWire & Ip6FragmentHeader.OffsetMaskWire) == 0;

    /// <summary>Reads the headers of a packet; <see cref="Outcome.ExtensionHeader"/> when there is one that cannot be passed over, <see cref="Outcome.HiddenHeader"/> when it is behind a fragment header.</summary>
    public static Outcome Read(byte* packet, uint available, Ip6HeaderChain* chain)
    {
        byte protocol = ((Ip6Header*)packet)->NextHeader;
        uint offset = Ip6Header.SizeBytes;
        for (int headers = 0; protocol is HopByHop or Routing or DestinationOptions; headers++)
        {
            if (headers == Ip6Extensions.MaxHeaders || available < offset + UnitBytes) return Outcome.ExtensionHeader;
            byte* header = packet + offset;
            if (protocol == Routing && header[SegmentsLeftOffset] != 0) return Outcome.ExtensionHeader;
            protocol = header[0];
            offset += (header[1] + 1u) * UnitBytes;
        }

        *chain = new Ip6HeaderChain { UnfragmentableBytes = offset, LengthBytes = offset, Protocol = protocol };
        if (protocol == IpProtocol.Ip6Fragment)
        {
            if (available < offset + Ip6FragmentHeader.SizeBytes) return Outcome.ExtensionHeader;
            chain->Fragment = (Ip6FragmentHeader*)(packet + offset);
            chain->Protocol = chain->Fragment->NextHeader;
            chain->LengthBytes += Ip6FragmentHeader.SizeBytes;
        }

        if (Ip6Extensions.IsExtension(chain->Protocol)) return chain->Fragment != null ? Outcome.HiddenHeader : Outcome.ExtensionHeader;
        return available < chain->LengthBytes ? Outcome.ExtensionHeader : Outcome.Translated;
    }

    /// <summary>
    /// Takes the headers out of a packet that have no counterpart in IPv4, so that the transport header or a fragment header follows the
    /// IP header. No checksum covers them.
    /// </summary>
    public static Outcome Strip(TranslatablePacket* packet)
    {
        Ip6HeaderChain chain = default;
        if (packet->AvailableBytes < Ip6Header.SizeBytes) return Outcome.Truncated;
        uint available = Math.Min(packet->AvailableBytes, Ip6Family.LengthBytes(packet->Start));
        Outcome outcome = Read(packet->Start, available, &chain);
        uint surplus = chain.UnfragmentableBytes - Ip6Header.SizeBytes;
        if (outcome != Outcome.Translated || surplus == 0) return outcome;
        Ip6Header ip = *(Ip6Header*)packet->Start;
        ip.NextHeader = chain.Fragment != null ? IpProtocol.Ip6Fragment : chain.Protocol;
        uint payload = BinaryPrimitives.ReverseEndianness(ip.PayloadLengthWire);
        ip.PayloadLengthWire = BinaryPrimitives.ReverseEndianness((ushort)(payload - surplus));
        packet->MoveTo(packet->Start + surplus);
        *(Ip6Header*)packet->Start = ip;
        return Outcome.Translated;
    }
}
