using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>The type of the datum <c>ip4_main</c> (vnet/ip/ip4.h): the fields for FIB lookups.</summary>
[StructLayout(LayoutKind.Explicit, Size = 920)]
public unsafe struct ip4_main_t
{
    /// <summary>Pool of FIB tables (opaque here).</summary>
    [FieldOffset(664)]
    public void* fibs;

    /// <summary>Vector: FIB index by sw_if_index.</summary>
    [FieldOffset(816)]
    public uint* fib_index_by_sw_if_index;

    /// <summary>Vector: how often IPv4 is enabled, by sw_if_index.</summary>
    [FieldOffset(832)]
    public byte* ip_enabled_by_sw_if_index;

    /// <summary>Hash: FIB index by table id.</summary>
    [FieldOffset(840)]
    public nuint* fib_index_by_table_id;

    /// <summary>Vector: who is told that an interface goes to another table.</summary>
    [FieldOffset(872)]
    public ip4_table_bind_callback_t* table_bind_callbacks;

    /// <summary>Seed of the IPv4 flow hash.</summary>
    [FieldOffset(904)]
    public uint flow_hash_seed;
}
