namespace KubeProxy.Core.Net;

/// <summary>
/// The packet that an ICMP error is about, as far as the error quotes it: its IP header, whole, and the first bytes of its TCP,
/// UDP or SCTP header. RFC 792 promises 8 of these, which hold both ports and the UDP checksum, not those of TCP and SCTP.
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

    /// <summary>A protocol with ports (<see cref="IpProtocol.HasPorts"/>).</summary>
    public byte Protocol;

    /// <summary>One of <see cref="FlowClass"/>.</summary>
    public readonly uint FlowClass => Protocol switch
    {
        IpProtocol.Tcp => Net.FlowClass.Tcp,
        IpProtocol.Udp => Net.FlowClass.Udp,
        _ => Net.FlowClass.Sctp,
    };

    /// <summary>Both ports as they lie in memory, the source port in the low half.</summary>
    public readonly uint* Ports => (uint*)L4;

    /// <summary>Bytes of the transport header and data of the whole packet, as its IP header has it; 0 for a fragment, whose packet may be longer.</summary>
    public uint WholeL4Bytes;

    /// <summary>
    /// Sets both ports and lets the quoted transport checksum follow, if it is quoted; answers what that adds to a sum over the quote.
    /// The checksum is never verified, since most of what it covers is not quoted (RFC 5508 REQ-3 c).
    /// </summary>
    /// <param name="quote">The quote; its addresses are changed already.</param>
    /// <param name="ports">Both ports as they are to lie in memory.</param>
    /// <param name="addressChange">What the addresses' change adds to a sum over them.</param>
    public static ulong SetPorts(IcmpQuote* quote, uint ports, ulong addressChange)
    {
        uint before = *quote->Ports;
        *quote->Ports = ports;
        ulong change = InternetChecksum.Change32(before, ports);
        return change + (quote->Protocol == IpProtocol.Sctp ? UpdateCrc(quote, before ^ ports) : UpdateChecksum(quote, addressChange + change));
    }

    /// <summary>SCTP's depends on the ports and on the packet's length. Of a fragment that is not known, and nobody verifies it there.</summary>
    private static ulong UpdateCrc(IcmpQuote* quote, uint difference)
    {
        if (Math.Min(quote->L4Bytes, quote->WholeL4Bytes) < SctpHeader.SizeBytes) return 0;
        uint* checksum = (uint*)(quote->L4 + SctpHeader.ChecksumOffset);
        uint before = *checksum;
        *checksum ^= Crc32c.OfDifference(difference, quote->WholeL4Bytes);
        return InternetChecksum.Change32(before, *checksum);
    }

    private static ulong UpdateChecksum(IcmpQuote* quote, ulong change)
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
