using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>What precedes an adjacency's rewrite bytes (vnet/adj/rewrite.h).</summary>
[StructLayout(LayoutKind.Explicit, Size = 12)]
public struct vnet_rewrite_header_t
{
    /// <summary>Interface that rewritten packets leave by.</summary>
    [FieldOffset(0)]
    public uint sw_if_index;

    /// <summary>Next node after the rewrite.</summary>
    [FieldOffset(4)]
    public ushort next_index;

    /// <summary>Bytes of rewrite data.</summary>
    [FieldOffset(6)]
    public ushort data_bytes;

    /// <summary>Layer 3 MTU of the interface.</summary>
    [FieldOffset(8)]
    public ushort max_l3_packet_bytes;

    /// <summary>Flags.</summary>
    [FieldOffset(10)]
    public vnet_rewrite_flags_t flags;

    /// <summary>Where a multicast destination goes.</summary>
    [FieldOffset(11)]
    public byte dst_mcast_offset;
}
