using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>The forwarding information base and its data-path objects, as C# calls them.</summary>
public static unsafe partial class Fib
{
    /// <summary>Does this name an object?</summary>
    /// <param name="dpoi">A DPO.</param>
    /// <returns>False for a DPO that was never set or was reset.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool dpo_id_is_valid(dpo_id_t* dpoi)
    {
        // return (dpoi->dpoi_type != DPO_FIRST && dpoi->dpoi_index != INDEX_INVALID);
        return dpoi->dpoi_type != dpo_type_t.DPO_FIRST && dpoi->dpoi_index != Vpp.INDEX_INVALID;
    }

    /// <summary><c>dpo_type_t dpo_register_new_type (const dpo_vft_t *vft, const char * const * const * nodes)</c>.</summary>
    /// <param name="vft">The functions; VPP copies them.</param>
    /// <param name="nodes">By protocol: a list of node names that ends with null, or null. Kept, not copied.</param>
    /// <returns>The new type.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern dpo_type_t dpo_register_new_type(dpo_vft_t* vft, byte*** nodes);

    /// <summary><c>void dpo_set (dpo_id_t *dpo, dpo_type_t type, dpo_proto_t proto, index_t index)</c>: locks the new object and unlocks the old.</summary>
    /// <param name="dpo">What to set; zero before its first use.</param>
    /// <param name="type">Type.</param>
    /// <param name="proto">Protocol.</param>
    /// <param name="index">Index of the object.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void dpo_set(dpo_id_t* dpo, dpo_type_t type, dpo_proto_t proto, uint index);

    /// <summary><c>void dpo_reset (dpo_id_t *dpo)</c>: unlocks and makes it invalid.</summary>
    /// <param name="dpo">What to reset.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void dpo_reset(dpo_id_t* dpo);

    /// <summary><c>void dpo_copy (dpo_id_t *dst, const dpo_id_t *src)</c>: locks the new object and unlocks the old.</summary>
    /// <param name="dst">What to set; zero before its first use.</param>
    /// <param name="src">What to copy.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void dpo_copy(dpo_id_t* dst, dpo_id_t* src);

    /// <summary><c>void dpo_stack (dpo_type_t child_type, dpo_proto_t child_proto, dpo_id_t *dpo, const dpo_id_t *parent_dpo)</c>.</summary>
    /// <param name="child_type">The child's type.</param>
    /// <param name="child_proto">The child's protocol.</param>
    /// <param name="dpo">Receives the parent, with the next index that the child's nodes reach it by.</param>
    /// <param name="parent_dpo">The parent.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void dpo_stack(dpo_type_t child_type, dpo_proto_t child_proto, dpo_id_t* dpo, dpo_id_t* parent_dpo);

    /// <summary><c>void dpo_stack_from_node (u32 child_node, dpo_id_t *dpo, const dpo_id_t *parent)</c>.</summary>
    /// <param name="child_node">Node index of the child.</param>
    /// <param name="dpo">Receives the parent, with the next index that the node reaches it by.</param>
    /// <param name="parent">The parent.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void dpo_stack_from_node(uint child_node, dpo_id_t* dpo, dpo_id_t* parent);

    /// <summary><c>u16 dpo_get_mtu (const dpo_id_t *dpo)</c>.</summary>
    /// <param name="dpo">A DPO.</param>
    /// <returns>The MTU of what it forwards to, of several the least; 0xFFFF when there is none.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern ushort dpo_get_mtu(dpo_id_t* dpo);

    /// <summary><c>void dpo_lock (dpo_id_t *dpo)</c>.</summary>
    /// <param name="dpo">A DPO.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void dpo_lock(dpo_id_t* dpo);

    /// <summary><c>void dpo_unlock (dpo_id_t *dpo)</c>.</summary>
    /// <param name="dpo">A DPO.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void dpo_unlock(dpo_id_t* dpo);
}
