using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>An adjacency (vnet/adj/adj.h): how packets leave to one neighbour.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
public struct ip_adjacency_t
{
    /// <summary>Linkage into the FIB graph.</summary>
    [FieldOffset(0)]
    public fib_node_t ia_node;

    /// <summary>Output feature arc's configuration.</summary>
    [FieldOffset(12)]
    public uint ia_cfg_index;

    /// <summary>What the adjacency's kind adds.</summary>
    [FieldOffset(16)]
    public _sub_type sub_type;

    /// <summary>Header of the rewrite; its bytes end where the struct's rewrite_data ends.</summary>
    [FieldOffset(64)]
    public vnet_rewrite_header_t rewrite_header;

    /// <summary>The graph node that forwards with this adjacency.</summary>
    [FieldOffset(200)]
    public uint ia_node_index;

    /// <summary>Next hop after the lookup node.</summary>
    [FieldOffset(204)]
    public ip_lookup_next_t lookup_next_index;

    /// <summary>Link type.</summary>
    [FieldOffset(205)]
    public vnet_link_t ia_link;

    /// <summary>The neighbour's family.</summary>
    [FieldOffset(206)]
    public fib_protocol_t ia_nh_proto;

    /// <summary>Flags.</summary>
    [FieldOffset(207)]
    public adj_flags_t ia_flags;

    /// <summary>What the adjacency's kind adds.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 48)]
    public struct _sub_type
    {
        /// <summary>For a neighbour.</summary>
        [FieldOffset(0)]
        public _nbr nbr;
    }

    /// <summary>A neighbour.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct _nbr
    {
        /// <summary>Its address.</summary>
        public ip46_address_t next_hop;
    }
}
