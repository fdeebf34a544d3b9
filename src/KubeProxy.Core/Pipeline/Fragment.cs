using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// What a fragment says of itself.
/// <code>
///   datagram   │ L4 header │ payload ...                      │
///   first      │ L4 header │ pay │        offset 0, the L4 checksum is the whole datagram's
///   later                        │ load ..│                   offset > 0: no ports, no checksum
/// </code>
/// </summary>
public unsafe struct Fragment
{
    /// <summary>The fragment's part of the datagram: of the first one the L4 header.</summary>
    public byte* Part;

    /// <summary>Bytes of the part that lie in one piece.</summary>
    public uint LengthBytes;

    /// <summary>Place of the part in the datagram; 0 for the first fragment.</summary>
    public uint OffsetBytes;

    /// <summary>TCP or UDP.</summary>
    public byte Protocol;

    /// <summary>One of <see cref="FlowClass"/>.</summary>
    public readonly uint Class => Protocol == IpProtocol.Tcp ? FlowClass.Tcp : FlowClass.Udp;
}

/// <summary>What the first fragment of a datagram said, as the host tells it with each of them.</summary>
/// <param name="portsWire">Both ports as they lie in memory, the source port in the low half.</param>
/// <param name="tcpFlags">The flags of a TCP segment.</param>
public readonly struct DatagramHeader(uint portsWire, byte tcpFlags)
{
    /// <summary>Both ports as they lie in memory, the source port in the low half.</summary>
    public readonly uint PortsWire = portsWire;

    /// <summary>The flags of a TCP segment; of a UDP datagram it says nothing.</summary>
    public readonly byte TcpFlags = tcpFlags;
}
