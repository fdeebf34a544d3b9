using System.Buffers.Binary;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Fragments of IPv6 (RFC 8200 section 4.5): a fragment header behind the IPv6 header, TCP or UDP behind that. A lone fragment, which
/// is a whole datagram (RFC 6946), is one like others.
/// </summary>
public readonly unsafe partial struct Ip6Family
{
    /// <inheritdoc/>
    public static bool TryReadFragment(byte* packet, uint available, Fragment* fragment)
    {
        const uint HeaderBytes = Ip6Header.SizeBytes + Ip6FragmentHeader.SizeBytes;
        if (available <= HeaderBytes || ((Ip6Header*)packet)->NextHeader != IpProtocol.Ip6Fragment) return false;
        uint length = Math.Min(available, LengthBytes(packet));
        if (length <= HeaderBytes) return false;
        Ip6FragmentHeader* header = (Ip6FragmentHeader*)(packet + Ip6Header.SizeBytes);
        fragment->Part = packet + HeaderBytes;
        fragment->LengthBytes = length - HeaderBytes;
        fragment->OffsetBytes = BinaryPrimitives.ReverseEndianness((ushort)(header->OffsetWire & Ip6FragmentHeader.OffsetMaskWire));
        fragment->Protocol = header->NextHeader;
        return header->NextHeader is IpProtocol.Tcp or IpProtocol.Udp;
    }

    /// <inheritdoc/>
    public static bool TryReadExtended(byte* packet, uint available, Fragment* whole)
    {
        if (available < Ip6Header.SizeBytes || !Ip6Extensions.IsExtension(((Ip6Header*)packet)->NextHeader)) return false;
        uint length = Math.Min(available, LengthBytes(packet));
        if (!Ip6Extensions.TryPassOver(packet, length, out byte protocol, out uint offset)) return false;
        *whole = new Fragment { Part = packet + offset, LengthBytes = length - offset, Protocol = protocol };
        return protocol is IpProtocol.Tcp or IpProtocol.Udp;
    }

    /// <summary>RFC 8200 section 8.1.</summary>
    public static bool AllowsNoUdpChecksum => false;

    /// <inheritdoc/>
    public static Ip6Flow FlowOf(byte* packet, uint portsWire, uint flowClass)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        return new()
        {
            SourceFirst = ip->SourceFirst,
            SourceSecond = ip->SourceSecond,
            DestinationFirst = ip->DestinationFirst,
            DestinationSecond = ip->DestinationSecond,
            PortsAndClass = Ip6Flow.Pack(portsWire, flowClass),
        };
    }

    /// <inheritdoc/>
    public static void RewriteFragment(byte* packet, Fragment* fragment, Ip6Flow* ends)
    {
        Ip6Header* ip = (Ip6Header*)packet;
        uint change = InternetChecksum.Shorten(
            Complement(ip->SourceFirst, ip->SourceSecond) + Words(ends->SourceFirst, ends->SourceSecond)
            + Complement(ip->DestinationFirst, ip->DestinationSecond) + Words(ends->DestinationFirst, ends->DestinationSecond));
        ip->SourceFirst = ends->SourceFirst;
        ip->SourceSecond = ends->SourceSecond;
        ip->DestinationFirst = ends->DestinationFirst;
        ip->DestinationSecond = ends->DestinationSecond;
        if (fragment->OffsetBytes == 0) L4Checksum.SetPorts((L4Header*)fragment->Part, fragment->Protocol, ends->Ports, change);
    }
}
