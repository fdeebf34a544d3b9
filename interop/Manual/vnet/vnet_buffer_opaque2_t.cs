using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>What the network stack keeps in <see cref="vlib_buffer_t.opaque2"/> (vnet/buffer.h): the fields that are not another feature's own.</summary>
[StructLayout(LayoutKind.Explicit, Size = 56)]
public unsafe struct vnet_buffer_opaque2_t
{
    /// <summary>Payload size of each segment, valid with <see cref="Vpp.VNET_BUFFER_F_GSO"/>.</summary>
    [FieldOffset(20)]
    public ushort gso_size;

    /// <summary>Bytes of the transport header of each segment.</summary>
    [FieldOffset(22)]
    public ushort gso_l4_hdr_sz;

    /// <summary>Outer layer 3 header of a tunnel, from data[0].</summary>
    [FieldOffset(24)]
    public short outer_l3_hdr_offset;

    /// <summary>Outer layer 4 header of a tunnel, from data[0].</summary>
    [FieldOffset(26)]
    public short outer_l4_hdr_offset;

    /// <summary>How often the packet went around, valid with <see cref="Vpp.VNET_BUFFER_F_LOOP_COUNTER_VALID"/>.</summary>
    [FieldOffset(30)]
    public byte loop_counter;

    /// <summary>Free words.</summary>
    [FieldOffset(32)]
    public fixed uint unused[6];
}
