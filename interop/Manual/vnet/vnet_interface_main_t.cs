using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>The interfaces (vnet/interface.h): the fields that the plugin and the host use, at their true offsets.</summary>
[StructLayout(LayoutKind.Explicit, Size = 184)]
public unsafe struct vnet_interface_main_t
{
    /// <summary>Pool of hardware interfaces (opaque here).</summary>
    [FieldOffset(0)]
    public void* hw_interfaces;

    /// <summary>Hash from a hardware interface's name to its index.</summary>
    [FieldOffset(40)]
    public nuint* hw_interface_by_name;

    /// <summary>Pool of software interfaces, by sw_if_index.</summary>
    [FieldOffset(80)]
    public vnet_sw_interface_t* sw_interfaces;

    /// <summary>Packet counters of software interfaces, by counter kind.</summary>
    [FieldOffset(104)]
    public vlib_simple_counter_main_t* sw_if_counters;

    /// <summary>Packet and byte counters of software interfaces, by counter kind.</summary>
    [FieldOffset(112)]
    public vlib_combined_counter_main_t* combined_sw_if_counters;

    /// <summary>Index of the interface-output arc.</summary>
    [FieldOffset(160)]
    public byte output_feature_arc_index;
}
