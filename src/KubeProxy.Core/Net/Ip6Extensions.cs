using System.Buffers.Binary;

namespace KubeProxy.Core.Net;

/// <summary>
/// The way over IPv6 extension headers (RFC 8200 section 4) to the transport header. It is bounded: at most <see cref="MaxHeaders"/>
/// headers, all of them within the bytes that are there.
/// </summary>
public static unsafe class Ip6Extensions
{
    /// <summary>Most headers that are passed over.</summary>
    public const int MaxHeaders = 8;

    private const byte HopByHop = 0;
    private const byte Routing = 43;
    private const byte DestinationOptions = 60;
    private const int SegmentsLeftOffset = 3;
    private const uint FragmentBytes = 8;
    private const ushort FragmentOffsetMask = 0xFFF8;
    private const ushort MoreFragments = 1;

    /// <summary>
    /// Finds the first header that is no extension header. False when it lies outside, behind too many headers, or in another
    /// fragment of the packet.
    /// </summary>
    /// <param name="packet">The IP header, whole.</param>
    /// <param name="available">Bytes from there on.</param>
    /// <param name="protocol">What the header is.</param>
    /// <param name="offset">Where it starts.</param>
    /// <param name="isWhole">False when the packet is the first of several fragments.</param>
    public static bool TrySkip(byte* packet, uint available, out byte protocol, out uint offset, out bool isWhole)
    {
        isWhole = true;
        protocol = ((Ip6Header*)packet)->NextHeader;
        offset = Ip6Header.SizeBytes;
        for (int headers = 0; IsExtension(protocol); headers++)
        {
            if (headers == MaxHeaders || available < offset + FragmentBytes) return false;
            byte* header = packet + offset;
            if (protocol == IpProtocol.Ip6Fragment)
            {
                ushort place = BinaryPrimitives.ReverseEndianness(*(ushort*)(header + 2));
                if ((place & FragmentOffsetMask) != 0) return false;
                isWhole &= (place & MoreFragments) == 0;
            }

            offset += LengthBytes(protocol, header[1]);
            protocol = header[0];
        }

        return offset <= available;
    }

    /// <summary>
    /// Finds the transport header of a whole packet behind headers that change nothing about where it goes: hop-by-hop options, in front only, destination
    /// options, and a routing header that has no segment left (RFC 8200 section 4). False for every other chain.
    /// </summary>
    /// <param name="packet">The IP header, whole.</param>
    /// <param name="available">Bytes from there on.</param>
    /// <param name="protocol">What the header is.</param>
    /// <param name="offset">Where it starts.</param>
    public static bool TryPassOver(byte* packet, uint available, out byte protocol, out uint offset)
    {
        protocol = ((Ip6Header*)packet)->NextHeader;
        offset = Ip6Header.SizeBytes;
        for (int headers = 0; IsExtension(protocol); headers++)
        {
            if (headers == MaxHeaders || available < offset + FragmentBytes) return false;
            byte* header = packet + offset;
            bool mayPass = protocol switch
            {
                HopByHop => headers == 0,
                Routing => header[SegmentsLeftOffset] == 0,
                DestinationOptions => true,
                _ => false,
            };
            if (!mayPass) return false;
            offset += LengthBytes(protocol, header[1]);
            protocol = header[0];
        }

        return offset <= available;
    }

    /// <summary>Hop-by-hop, routing, fragment, authentication, destination options, mobility, HIP and Shim6 (IANA's list).</summary>
    public static bool IsExtension(byte protocol) => protocol is
        HopByHop or Routing or IpProtocol.Ip6Fragment or IpProtocol.Ip6Authentication or DestinationOptions or 135 or 139 or 140;

    /// <summary>The authentication header counts words of 4 bytes and begins at 2 (RFC 4302 section 2.2), the others 8 bytes beyond the first 8.</summary>
    private static uint LengthBytes(byte protocol, byte length) => protocol switch
    {
        IpProtocol.Ip6Fragment => FragmentBytes,
        IpProtocol.Ip6Authentication => (length + 2u) * 4,
        _ => (length + 1u) * 8,
    };
}
