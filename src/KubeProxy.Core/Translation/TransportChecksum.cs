using KubeProxy.Core.Net;

namespace KubeProxy.Core.Translation;

/// <summary>
/// The transport checksums that the addresses are part of. IPv4's pseudo header and IPv6's say the same besides the addresses: the
/// upper protocol and its length; a sum does not see that the fields are wider.
/// </summary>
internal static unsafe class TransportChecksum
{
    /// <summary>
    /// Lets the checksum of an L4 header, if it has one and it lies within the bytes, follow a change of the pseudo header. A UDP checksum of 0
    /// stays. Answers what that adds to a sum over the header.
    /// </summary>
    public static ulong Update(byte* l4, uint lengthBytes, byte protocol, ulong change)
    {
        uint offset = OffsetOf(protocol);
        if (offset == 0 || lengthBytes < offset + sizeof(ushort)) return 0;
        ushort* checksum = (ushort*)(l4 + offset);
        ushort before = *checksum;
        *checksum = protocol is IpProtocol.Udp or IpProtocol.UdpLite
            ? InternetChecksum.UpdateUdp(before, change)
            : InternetChecksum.Update(before, change);
        return InternetChecksum.Change16(before, *checksum);
    }

    /// <summary>SCTP's checksum covers no address (RFC 9260 section 6.8), and of an unknown protocol no byte is touched (RFC 7915 section 4.5).</summary>
    private static uint OffsetOf(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => L4Header.TcpChecksumOffset,
        IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Dccp => L4Header.UdpChecksumOffset,
        _ => 0,
    };
}
