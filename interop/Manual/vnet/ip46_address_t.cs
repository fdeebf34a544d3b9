using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>An address of either family in wire order (vnet/ip/ip46_address.h): an IPv4 address is in the last four bytes and the rest is 0.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16, Pack = 1)]
public unsafe struct ip46_address_t
{
    /// <summary>0 for an IPv4 address.</summary>
    [FieldOffset(0)]
    public fixed uint pad[3];

    /// <summary>The IPv4 address.</summary>
    [FieldOffset(12)]
    public ip4_address_t ip4;

    /// <summary>The IPv6 address.</summary>
    [FieldOffset(0)]
    public ip6_address_t ip6;

    /// <summary>As bytes.</summary>
    [FieldOffset(0)]
    public fixed byte as_u8[16];

    /// <summary>As 64-bit words.</summary>
    [FieldOffset(0)]
    public fixed ulong as_u64[2];
}
