using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>
/// A packet buffer's header (vlib/buffer.h). The packet's bytes follow it: see <see cref="Vlib.vlib_buffer_get_current"/>.
/// <code>
///   0         64                        128            256
///   | template | trace, opaque2 (2nd line) | pre_data[128] | data[]…
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
public unsafe struct vlib_buffer_t
{
    /// <summary>Offset of <c>data[]</c>, the packet's bytes.</summary>
    public const int data_offset = 256;

    /// <summary>Where the current header starts, from <c>data[0]</c>; negative in the headroom.</summary>
    [FieldOffset(0)]
    public short current_data;

    /// <summary>Bytes from the current header to the end of this buffer.</summary>
    [FieldOffset(2)]
    public ushort current_length;

    /// <summary><c>VLIB_BUFFER_*</c> and <c>VNET_BUFFER_F_*</c> bits.</summary>
    [FieldOffset(4)]
    public uint flags;

    /// <summary>Generic flow identifier.</summary>
    [FieldOffset(8)]
    public uint flow_id;

    /// <summary>References to this buffer.</summary>
    [FieldOffset(12)]
    public byte ref_count;

    /// <summary>The pool that owns this buffer.</summary>
    [FieldOffset(13)]
    public byte buffer_pool_index;

    /// <summary>Why the packet goes to error-drop: an element of the node's <c>errors</c>.</summary>
    [FieldOffset(14)]
    public ushort error;

    /// <summary>Next buffer of the chain, valid with <see cref="Vpp.VLIB_BUFFER_NEXT_PRESENT"/>.</summary>
    [FieldOffset(16)]
    public uint next_buffer;

    /// <summary>Where the packet is on its feature arc.</summary>
    [FieldOffset(20)]
    public uint current_config_index;

    /// <summary>Why the packet was punted: shares its place with <see cref="current_config_index"/>.</summary>
    [FieldOffset(20)]
    public uint punt_reason;

    /// <summary>A <see cref="vnet_buffer_opaque_t"/>: see <see cref="Vnet.vnet_buffer"/>.</summary>
    [FieldOffset(24)]
    public fixed uint opaque[10];

    /// <summary>Trace handle, valid with <see cref="Vpp.VLIB_BUFFER_IS_TRACED"/>.</summary>
    [FieldOffset(64)]
    public uint trace_handle;

    /// <summary>Bytes in the rest of the chain, valid in its first buffer.</summary>
    [FieldOffset(68)]
    public uint total_length_not_including_first_buffer;

    /// <summary>A <see cref="vnet_buffer_opaque2_t"/>: see <see cref="Vnet.vnet_buffer2"/>.</summary>
    [FieldOffset(72)]
    public fixed uint opaque2[14];

    /// <summary>Headroom, where encapsulations grow to.</summary>
    [FieldOffset(128)]
    public fixed byte pre_data[128];
}
