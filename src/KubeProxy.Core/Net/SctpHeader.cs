namespace KubeProxy.Core.Net;

/// <summary>
/// The common header of SCTP (RFC 9260 section 3.1). Its CRC32c covers header and chunks, not the IP header: a change of
/// addresses leaves it as it is, a change of ports does not.
/// <code>
///   0          2          4                  8          12
///   | src port | dst port | verification tag | CRC32c   | chunks ...
/// </code>
/// </summary>
public static unsafe class SctpHeader
{
    /// <summary>Length of the common header.</summary>
    public const uint SizeBytes = 12;

    /// <summary>Offset of the source port.</summary>
    public const int SourcePortOffset = 0;

    /// <summary>Offset of the destination port.</summary>
    public const int DestinationPortOffset = 2;

    /// <summary>Offset of the CRC32c.</summary>
    public const int ChecksumOffset = 8;

    private const int ByteBits = 8;

    /// <summary>
    /// Sets one of the ports. The checksum changes by what the change of the port changes; nothing behind the header is read, and a
    /// wrong checksum stays wrong by the same bits.
    /// </summary>
    /// <param name="header">The common header, whole.</param>
    /// <param name="portOffset">Offset of the port.</param>
    /// <param name="portWire">The port in wire order.</param>
    /// <param name="lengthBytes">Bytes from the header to the packet's end, as the IP header has it.</param>
    public static void SetPort(byte* header, int portOffset, ushort portWire, uint lengthBytes)
    {
        ushort* port = (ushort*)(header + portOffset);
        uint difference = (uint)(*port ^ portWire) << (portOffset * ByteBits);
        if (difference == 0) return;
        *port = portWire;
        *(uint*)(header + ChecksumOffset) ^= Crc32c.OfDifference(difference, lengthBytes);
    }
}
