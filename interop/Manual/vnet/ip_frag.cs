using System.Runtime.CompilerServices;

namespace KubeProxy.Interop;

/// <summary>Where fragments go (<c>ip_frag_next_t</c> of vnet/ip/ip_frag.h).</summary>
public enum ip_frag_next_t : byte
{
    /// <summary>The rewrite of the adjacency.</summary>
    IP_FRAG_NEXT_IP_REWRITE = 0,

    /// <summary>The rewrite of a tunnel's adjacency.</summary>
    IP_FRAG_NEXT_IP_REWRITE_MIDCHAIN = 1,

    /// <summary>IPv4's look-up.</summary>
    IP_FRAG_NEXT_IP4_LOOKUP = 2,

    /// <summary>IPv6's look-up.</summary>
    IP_FRAG_NEXT_IP6_LOOKUP = 3,
}

/// <summary>Fragmentation (vnet/ip/ip_frag.h).</summary>
public static unsafe partial class Vnet
{
    private const int IpFragWord = 2;
    private const int NextIndexShift = 16;

    /// <summary>Tells the fragmenting nodes what to do with a packet.</summary>
    /// <param name="b">A buffer.</param>
    /// <param name="mtu">Most bytes of a fragment, IP headers included.</param>
    /// <param name="next_index">Where fragments go.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ip_frag_set_vnet_buffer(vlib_buffer_t* b, ushort mtu, ip_frag_next_t next_index)
    {
        // struct { u32 pad[2]; u16 mtu; u8 next_index; u8 flags; } ip_frag;
        vnet_buffer(b)->unused[IpFragWord] = mtu | ((uint)next_index << NextIndexShift);
    }
}
