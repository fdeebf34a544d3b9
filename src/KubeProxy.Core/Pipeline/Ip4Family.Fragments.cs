using System.Buffers.Binary;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>Fragments of IPv4 (RFC 791 section 3.2): the IP header itself says what they are.</summary>
public readonly unsafe partial struct Ip4Family
{
    private const uint OffsetUnitBytes = 8;

    /// <inheritdoc/>
    public static bool TryReadFragment(byte* packet, uint available, Fragment* fragment)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        if (available < Ip4Header.MinimumBytes || (ip->FragmentWire & Ip4Header.FragmentMaskWire) == 0) return false;
        uint headerBytes = ip->LengthBytes;
        uint length = Math.Min(available, LengthBytes(packet));
        if (headerBytes < Ip4Header.MinimumBytes || length <= headerBytes) return false;
        fragment->Part = packet + headerBytes;
        fragment->LengthBytes = length - headerBytes;
        fragment->OffsetBytes = OffsetUnitBytes * BinaryPrimitives.ReverseEndianness((ushort)(ip->FragmentWire & Ip4Header.OffsetMaskWire));
        fragment->Protocol = ip->Protocol;
        return ip->Protocol is IpProtocol.Tcp or IpProtocol.Udp;
    }

    /// <summary>IPv4 has no extension headers.</summary>
    public static bool TryReadExtended(byte* packet, uint available, Fragment* whole) => false;

    /// <summary>RFC 768.</summary>
    public static bool AllowsNoUdpChecksum => true;

    /// <inheritdoc/>
    public static Ip4Flow FlowOf(byte* packet, uint portsWire, uint flowClass) => new()
    {
        Addresses = *(ulong*)&((Ip4Header*)packet)->Source,
        PortsAndClass = Ip4Flow.Pack(portsWire, flowClass),
    };

    /// <inheritdoc/>
    public static void RewriteFragment(byte* packet, Fragment* fragment, Ip4Flow* ends)
    {
        Ip4Header* ip = (Ip4Header*)packet;
        uint change = InternetChecksum.Shorten(
            InternetChecksum.Change32(ip->Source, ends->Source) + InternetChecksum.Change32(ip->Destination, ends->Destination));
        *(ulong*)&ip->Source = ends->Addresses;
        ip->Checksum = InternetChecksum.UpdateShort(ip->Checksum, change);
        if (fragment->OffsetBytes == 0) L4Checksum.SetPorts((L4Header*)fragment->Part, fragment->Protocol, ends->Ports, change);
    }
}
