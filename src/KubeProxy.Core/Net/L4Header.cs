using System.Runtime.InteropServices;

namespace KubeProxy.Core.Net;

/// <summary>
/// The parts of TCP (RFC 9293) and UDP (RFC 768) headers that translation touches: both start with the two ports.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = UdpBytes)]
public struct L4Header
{
    /// <summary>Length of a UDP header.</summary>
    public const int UdpBytes = 8;

    /// <summary>Length of a TCP header without options.</summary>
    public const uint TcpBytes = 20;

    /// <summary>Offset of the UDP checksum.</summary>
    public const int UdpChecksumOffset = 6;

    /// <summary>Offset of the TCP flags.</summary>
    public const int TcpFlagsOffset = 13;

    /// <summary>Offset of the TCP checksum.</summary>
    public const int TcpChecksumOffset = 16;

    /// <summary>Offset of the byte whose upper half is the TCP header's length in words.</summary>
    public const int TcpDataOffset = 12;

    /// <summary>TCP FIN flag.</summary>
    public const byte TcpFin = 0x01;

    /// <summary>TCP SYN flag.</summary>
    public const byte TcpSyn = 0x02;

    /// <summary>TCP RST flag.</summary>
    public const byte TcpRst = 0x04;

    /// <summary>TCP ACK flag.</summary>
    public const byte TcpAck = 0x10;

    /// <summary>The flags that change the state of a connection.</summary>
    public const byte TcpControl = TcpFin | TcpSyn | TcpRst;

    /// <summary>Both ports as they lie in memory, the source port in the low half.</summary>
    [FieldOffset(0)]
    public uint Ports;

    [FieldOffset(0)]
    public ushort SourcePortWire;

    [FieldOffset(2)]
    public ushort DestinationPortWire;

    [FieldOffset(4)]
    public ushort UdpLengthWire;

    [FieldOffset(6)]
    public ushort UdpChecksum;
}
