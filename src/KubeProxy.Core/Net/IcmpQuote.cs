namespace KubeProxy.Core.Net;

/// <summary>
/// The packet that an ICMP error is about, as far as the error quotes it: its IP header, whole, and the first bytes of its TCP or
/// UDP header. RFC 792 promises 8 of these, which hold both ports and the UDP checksum, not the TCP checksum.
/// </summary>
public unsafe struct IcmpQuote
{
    /// <summary>Fewest bytes of the transport header that make a quote translatable.</summary>
    public const uint MinimumL4Bytes = 8;

    /// <summary>The IP header.</summary>
    public byte* Ip;

    /// <summary>The transport header.</summary>
    public byte* L4;

    /// <summary>Bytes of the transport header and data that are quoted.</summary>
    public uint L4Bytes;

    /// <summary><see cref="IpProtocol.Tcp"/> or <see cref="IpProtocol.Udp"/>.</summary>
    public byte Protocol;

    /// <summary>One of <see cref="FlowClass"/>.</summary>
    public readonly uint FlowClass => Protocol == IpProtocol.Tcp ? Net.FlowClass.Tcp : Net.FlowClass.Udp;

    /// <summary>Both ports as they lie in memory, the source port in the low half.</summary>
    public readonly uint* Ports => (uint*)L4;

    /// <summary>
    /// Lets the quoted transport checksum follow a change of what it covers, if it is quoted; answers what the checksum's own
    /// change adds to a sum over the quote. It is never verified, since most of what it covers is not quoted (RFC 5508 REQ-3 c).
    /// </summary>
    public static ulong UpdateChecksum(IcmpQuote* quote, ulong change)
    {
        bool isTcp = quote->Protocol == IpProtocol.Tcp;
        uint offset = isTcp ? L4Header.TcpChecksumOffset : (uint)L4Header.UdpChecksumOffset;
        if (quote->L4Bytes < offset + sizeof(ushort)) return 0;
        ushort* checksum = (ushort*)(quote->L4 + offset);
        ushort before = *checksum;
        *checksum = isTcp ? InternetChecksum.Update(before, change) : InternetChecksum.UpdateUdp(before, change);
        return InternetChecksum.Change16(before, *checksum);
    }
}
