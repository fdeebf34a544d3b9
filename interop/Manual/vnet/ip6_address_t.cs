using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>An IPv6 address in wire order (vnet/ip/ip6_packet.h).</summary>
[StructLayout(LayoutKind.Explicit, Size = 16, Pack = 1)]
public unsafe struct ip6_address_t
{
    /// <summary>As bytes.</summary>
    [FieldOffset(0)]
    public fixed byte as_u8[16];

    /// <summary>As 16-bit words.</summary>
    [FieldOffset(0)]
    public fixed ushort as_u16[8];

    /// <summary>As 32-bit words.</summary>
    [FieldOffset(0)]
    public fixed uint as_u32[4];

    /// <summary>As 64-bit words.</summary>
    [FieldOffset(0)]
    public fixed ulong as_u64[2];
}
