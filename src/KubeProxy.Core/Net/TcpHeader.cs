using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace KubeProxy.Core.Net;

/// <summary>A TCP header without options (RFC 9293 section 3.1); multi-byte fields as they lie in the packet.</summary>
[StructLayout(LayoutKind.Explicit, Size = (int)L4Header.TcpBytes)]
public unsafe struct TcpHeader
{
    [FieldOffset(0)]
    public ushort SourcePortWire;

    [FieldOffset(2)]
    public ushort DestinationPortWire;

    [FieldOffset(4)]
    public uint SequenceWire;

    [FieldOffset(8)]
    public uint AcknowledgmentWire;

    /// <summary>Header length in words of 32 bits, in the upper half.</summary>
    [FieldOffset(12)]
    public byte DataOffset;

    [FieldOffset(13)]
    public byte Flags;

    [FieldOffset(16)]
    public ushort Checksum;

    /// <summary>Bytes of a segment's header, options included, as it says itself.</summary>
    public static uint HeaderBytes(byte* l4) => (uint)(((TcpHeader*)l4)->DataOffset >> 4) * 4;

    /// <summary>
    /// The reset for a segment that belongs to no connection, its checksum still 0. RFC 9293 section 3.10.7.1:
    /// <c>ACK set: SEQ=SEG.ACK CTL=RST; else SEQ=0 ACK=SEG.SEQ+SEG.LEN CTL=RST,ACK</c>, where SYN and FIN count as data.
    /// </summary>
    /// <param name="l4">The segment's header, whole.</param>
    /// <param name="lengthBytes">Bytes of the segment, header included.</param>
    public static TcpHeader ResetFor(byte* l4, uint lengthBytes)
    {
        TcpHeader segment = *(TcpHeader*)l4;
        TcpHeader reset = default;
        reset.SourcePortWire = segment.DestinationPortWire;
        reset.DestinationPortWire = segment.SourcePortWire;
        reset.DataOffset = (int)L4Header.TcpBytes / 4 << 4;
        if ((segment.Flags & L4Header.TcpAck) != 0)
        {
            reset.SequenceWire = segment.AcknowledgmentWire;
            reset.Flags = L4Header.TcpRst;
            return reset;
        }

        uint length = lengthBytes - HeaderBytes(l4);
        if ((segment.Flags & L4Header.TcpSyn) != 0) length++;
        if ((segment.Flags & L4Header.TcpFin) != 0) length++;
        uint sequence = BinaryPrimitives.ReverseEndianness(segment.SequenceWire);
        reset.AcknowledgmentWire = BinaryPrimitives.ReverseEndianness(sequence + length);
        reset.Flags = L4Header.TcpRst | L4Header.TcpAck;
        return reset;
    }
}
