using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>A prefix of either family (vnet/fib/fib_types.h), the key of a FIB.</summary>
[StructLayout(LayoutKind.Explicit, Size = 20)]
public struct fib_prefix_t
{
    /// <summary>Mask length.</summary>
    [FieldOffset(0)]
    public ushort fp_len;

    /// <summary>Family.</summary>
    [FieldOffset(2)]
    public fib_protocol_t fp_proto;

    /// <summary>Address, wire order.</summary>
    [FieldOffset(4)]
    public ip46_address_t fp_addr;
}
