namespace KubeProxy.Core.Net;

/// <summary>
/// An ICMP or ICMPv6 message (RFC 792, RFC 4443) in a packet: where it lies, how long it is, and how much of it lies in one piece.
/// <code>
///   0      1      2          4                     8
///   | type | code | checksum | MTU, pointer, ...   | the quoted packet, or the data of an echo ...
/// </code>
/// </summary>
public unsafe struct IcmpMessage
{
    /// <summary>Bytes in front of what is quoted; every message has them.</summary>
    public const uint HeaderBytes = 8;

    /// <summary>Offset of the checksum.</summary>
    public const int ChecksumOffset = 2;

    /// <summary>Type of an ICMP echo request (RFC 792).</summary>
    public const byte EchoRequest4 = 8;

    /// <summary>Type of an ICMP echo reply (RFC 792).</summary>
    public const byte EchoReply4 = 0;

    /// <summary>Type of an ICMPv6 echo request (RFC 4443 section 4.1).</summary>
    public const byte EchoRequest6 = 128;

    /// <summary>Type of an ICMPv6 echo reply (RFC 4443 section 4.2).</summary>
    public const byte EchoReply6 = 129;

    /// <summary>The first byte.</summary>
    public byte* Start;

    /// <summary>Bytes of the message as the IP header has it: a trailer of the link does not count.</summary>
    public uint LengthBytes;

    /// <summary>Those of them that lie in the packet's first piece; at least <see cref="HeaderBytes"/>.</summary>
    public uint AvailableBytes;

    /// <summary>The message's type.</summary>
    public readonly byte Type => Start[0];

    /// <summary>The checksum as it lies in memory.</summary>
    public readonly ushort* Checksum => (ushort*)(Start + ChecksumOffset);
}
