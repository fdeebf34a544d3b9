using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Snapshots;

/// <summary>
/// Node port → VIP slot, for one address family: what a packet to one of the node's own addresses asks before it knows
/// whether it is for a service. Written by the control thread word by word, read by all workers; not part of the snapshot,
/// because a word changes only while the snapshot that it leads into holds the slot (invariant CFG-11).
/// <code>
///   0                                 262144                            524288
///   | slot + 1, or 0: of 65536 UDP ports | slot + 1, or 0: of 65536 TCP ports |
/// </code>
/// The memory need only be reserved: pages that no port has been written to are never committed.
/// </summary>
public unsafe struct NodePortTable
{
    /// <summary>Answer of <see cref="Find"/> for a port that is no node port.</summary>
    public const uint NoSlot = uint.MaxValue;

    /// <summary>Bytes of a table.</summary>
    public const nuint LengthBytes = 2 * PortCount * sizeof(uint);

    private const int PortBits = 16;
    private const uint PortCount = 1u << PortBits;

    /// <summary>The table, zeroed at start.</summary>
    public uint* Slots;

    /// <summary>The slot of a TCP or UDP port, or <see cref="NoSlot"/>.</summary>
    /// <param name="flowClass"><see cref="FlowClass.Tcp"/> or <see cref="FlowClass.Udp"/>.</param>
    /// <param name="portWire">The port in wire order.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Find(uint flowClass, ushort portWire) =>
        Volatile.Read(ref Slots[((flowClass >> FlowClass.TcpShift) << PortBits) | Be16.FromWire(portWire).Host]) - 1;

    /// <summary>Sends a port's packets to a slot; <see cref="NoSlot"/>: to none.</summary>
    /// <param name="protocol"><see cref="IpProtocol.Tcp"/> or <see cref="IpProtocol.Udp"/>.</param>
    /// <param name="port">The port in host order.</param>
    /// <param name="slot">The VIP slot.</param>
    public readonly void Set(byte protocol, ushort port, uint slot)
    {
        uint isTcp = protocol == IpProtocol.Tcp ? 1u : 0;
        Volatile.Write(ref Slots[(isTcp << PortBits) | port], slot + 1);
    }
}
