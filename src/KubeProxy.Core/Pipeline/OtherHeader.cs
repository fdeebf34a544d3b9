using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// What translation needs to know of the L4 header of a packet that is neither TCP nor UDP:
/// <code>
///   protocol                  class   ports of its flow              checksum that the addresses are part of
///   SCTP                      Sctp    its own                        none
///   UDP-Lite, DCCP            Other   the protocol number, twice     offset 6 (RFC 3828 section 3.1, RFC 4340 section 9.1)
///   ICMPv6 echo over IPv6     Other   the protocol number, twice     offset 2 (RFC 4443 section 2.3)
///   everything else           Other   the protocol number, twice     none: no byte behind the IP header changes
/// </code>
/// </summary>
public static unsafe class OtherHeader
{
    /// <summary>Offset of the checksum of UDP-Lite and DCCP.</summary>
    public const int ChecksumOffset = 6;

    /// <summary>Offset of the checksum of ICMP, in both versions.</summary>
    public const int IcmpChecksumOffset = 2;

    /// <summary>Answer of a family that knows of no checksum to follow: no protocol has its checksum in front.</summary>
    public const int NoChecksum = 0;

    /// <summary>Bytes of an echo's header (RFC 792, RFC 4443 section 4.1).</summary>
    public const uint EchoBytes = 8;

    private const uint MostBytesWithChecksum = 8;
    private const uint BothPorts = 0x1_0001;

    /// <summary>One of <see cref="FlowClass"/>, for a protocol that is neither TCP nor UDP.</summary>
    public static uint ClassOf(byte protocol) => protocol == IpProtocol.Sctp ? FlowClass.Sctp : FlowClass.Other;

    /// <summary>Both ports of the flow as they lie in a packet.</summary>
    public static uint PortsOf(byte protocol, byte* l4) =>
        protocol == IpProtocol.Sctp ? ((L4Header*)l4)->Ports : Be16.FromHost(protocol).Wire * BothPorts;

    /// <summary>The protocol number of a flow, by its class and the port field of either end.</summary>
    public static byte ProtocolOf(uint flowClass, ushort portWire) => flowClass switch
    {
        FlowClass.Tcp => IpProtocol.Tcp,
        FlowClass.Udp => IpProtocol.Udp,
        FlowClass.Sctp => IpProtocol.Sctp,
        _ => (byte)Be16.FromWire(portWire).Host,
    };

    /// <summary>Whether the header is there, as far as it is read or written.</summary>
    /// <param name="protocol">Neither TCP nor UDP, nor the family's ICMP.</param>
    /// <param name="lengthBytes">Bytes behind the IP header that lie in the buffer and that the IP header promises.</param>
    public static Outcome Check(byte protocol, uint lengthBytes)
    {
        uint needed = protocol switch
        {
            IpProtocol.Sctp => SctpHeader.SizeBytes,
            IpProtocol.UdpLite or IpProtocol.Dccp => MostBytesWithChecksum,
            _ => 0,
        };
        return lengthBytes < needed ? Outcome.Truncated : Outcome.Translated;
    }

    /// <summary>
    /// Whether a fragment tells as much as its datagram: neither ports nor a checksum over addresses is anywhere in it. Not so ICMP's, of
    /// which only the first says whether it is an echo; nor of an extension header, which over IPv6 is no protocol.
    /// </summary>
    /// <param name="protocol">The datagram's.</param>
    /// <param name="icmp">The family's ICMP.</param>
    public static bool IsKnownFromFragment(byte protocol, byte icmp) =>
        protocol != icmp && !IpProtocol.HasPorts(protocol) && ChecksumOffsetOf(protocol) == NoChecksum
        && !(icmp == IpProtocol.Icmp6 && Ip6Extensions.IsExtension(protocol));

    /// <summary>
    /// Whether an ICMP packet is an echo of the wanted type. Of the other types errors belong to the flow that they quote, and the
    /// rest to the link or the host.
    /// </summary>
    public static Outcome CheckEcho(byte* icmp, uint lengthBytes, byte type) =>
        lengthBytes < EchoBytes || icmp[0] != type ? Outcome.IcmpNotSupported : Outcome.Translated;

    /// <summary>Offset of the checksum with a pseudo header that a protocol has in both families, or <see cref="NoChecksum"/>.</summary>
    public static int ChecksumOffsetOf(byte protocol) =>
        protocol is IpProtocol.UdpLite or IpProtocol.Dccp ? ChecksumOffset : NoChecksum;

    /// <summary>
    /// Lets a checksum follow a change of the pseudo header. UDP-Lite never sends 0 (RFC 3828 section 3.1): one that is 0 is wrong and
    /// stays so.
    /// </summary>
    public static void UpdateChecksum(byte* l4, int offset, byte protocol, uint change)
    {
        ushort* checksum = (ushort*)(l4 + offset);
        *checksum = protocol == IpProtocol.UdpLite
            ? InternetChecksum.UpdateUdpShort(*checksum, change)
            : InternetChecksum.UpdateShort(*checksum, change);
    }
}
