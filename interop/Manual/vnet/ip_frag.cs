using System.Runtime.CompilerServices;

namespace KubeProxy.Interop;

/// <summary>Fragmentation (vnet/ip/ip_frag.h, which VPP does not install).</summary>
public static unsafe partial class Vnet
{
    /// <summary>Tells the fragmenting nodes what to do with a packet.</summary>
    /// <param name="b">A buffer.</param>
    /// <param name="mtu">Most bytes of a fragment, IP headers included.</param>
    /// <param name="next_index">Where fragments go, an <c>ip_frag_next_t</c>.</param>
    /// <param name="flags">Kinds of encapsulating headers; 0 for none.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ip_frag_set_vnet_buffer(vlib_buffer_t* b, ushort mtu, byte next_index, byte flags)
    {
        // vnet_buffer (b)->ip_frag.mtu = mtu; ...->ip_frag.next_index = next_index; ...->ip_frag.flags = flags;
        vnet_buffer_opaque_t._ip_frag* frag = &vnet_buffer(b)->ip_frag;
        frag->mtu = mtu;
        frag->next_index = next_index;
        frag->flags = flags;
    }
}
