using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>A software interface (vnet/interface.h), an element of <see cref="vnet_interface_main_t.sw_interfaces"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 68)]
public unsafe struct vnet_sw_interface_t
{
    /// <summary>A <see cref="vnet_sw_interface_type_t"/>, in a bit field of 16 bits.</summary>
    [FieldOffset(0)]
    public ushort type;

    /// <summary>Up, punting and the like.</summary>
    [FieldOffset(2)]
    public vnet_sw_interface_flags_t flags;

    /// <summary>Its own index.</summary>
    [FieldOffset(4)]
    public uint sw_if_index;

    /// <summary>The interface that this one is part of.</summary>
    [FieldOffset(8)]
    public uint sup_sw_if_index;

    /// <summary>The interface that this one borrows its addresses from.</summary>
    [FieldOffset(12)]
    public uint unnumbered_sw_if_index;

    /// <summary>The hardware interface of a VNET_SW_INTERFACE_TYPE_HARDWARE.</summary>
    [FieldOffset(16)]
    public uint hw_if_index;

    /// <summary>MTUs: layer 3, IPv4, IPv6, MPLS.</summary>
    [FieldOffset(20)]
    public fixed uint mtu[4];

    /// <summary>How it takes part in flooding.</summary>
    [FieldOffset(64)]
    public vnet_flood_class_t flood_class;
}
