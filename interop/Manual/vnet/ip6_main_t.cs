using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>The type of the datum <c>ip6_main</c> (vnet/ip/ip6.h): the fields for FIB lookups.</summary>
[StructLayout(LayoutKind.Explicit, Size = 2832)]
public unsafe struct ip6_main_t
{
    /// <summary>Pool of FIB tables (opaque here).</summary>
    [FieldOffset(664)]
    public void* fibs;

    /// <summary>Vector: FIB index by sw_if_index.</summary>
    [FieldOffset(2752)]
    public uint* fib_index_by_sw_if_index;

    /// <summary>Vector: how often IPv6 is enabled, by sw_if_index.</summary>
    [FieldOffset(2768)]
    public byte* ip_enabled_by_sw_if_index;

    /// <summary>Hash: FIB index by table id.</summary>
    [FieldOffset(2776)]
    public nuint* fib_index_by_table_id;

    /// <summary>Vector: who is told that an interface goes to another table.</summary>
    [FieldOffset(2808)]
    public ip6_table_bind_callback_t* table_bind_callbacks;

    /// <summary>Seed of the IPv6 flow hash.</summary>
    [FieldOffset(2816)]
    public uint flow_hash_seed;
}
