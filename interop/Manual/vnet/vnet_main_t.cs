using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>The network stack's main structure (vnet/vnet.h): what <see cref="Vnet.vnet_get_main"/> returns.</summary>
[StructLayout(LayoutKind.Explicit, Size = 440)]
public unsafe struct vnet_main_t
{
    /// <summary>Hardware index of the local interface.</summary>
    [FieldOffset(0)]
    public uint local_interface_hw_if_index;

    /// <summary>Software index of the local interface.</summary>
    [FieldOffset(4)]
    public uint local_interface_sw_if_index;

    /// <summary>The interfaces.</summary>
    [FieldOffset(8)]
    public vnet_interface_main_t interface_main;

    /// <summary>Called when a software interface is made or deleted, by priority.</summary>
    [FieldOffset(240)]
    public vnet_interface_function_lists sw_interface_add_del_functions;

    /// <summary>Called when a software interface goes up or down, by priority.</summary>
    [FieldOffset(256)]
    public vnet_interface_function_lists sw_interface_admin_up_down_functions;

    /// <summary>The thread-0 VLIB main.</summary>
    [FieldOffset(432)]
    public vlib_main_t* vlib_main;
}
