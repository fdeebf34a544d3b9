using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vnet
{
    /// <summary>The next feature's data and next index.</summary>
    /// <param name="fm">Address of <c>feature_main</c>.</param>
    /// <param name="next0">Receives the next index.</param>
    /// <param name="b0">A buffer on an arc; moved on.</param>
    /// <param name="n_data_bytes">Bytes of data that this feature was enabled with.</param>
    /// <returns>The data.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* vnet_feature_next_with_data(vnet_feature_main_t* fm, uint* next0, vlib_buffer_t* b0, uint n_data_bytes)
    {
        // return vnet_get_config_shared_data (fm->shared_feature_config_heap, &b0->current_config_index, next0, n_data_bytes);
        return vnet_get_config_shared_data(fm->shared_feature_config_heap, &b0->current_config_index, next0, n_data_bytes);
    }

    /// <summary>The next index of the arc's next feature.</summary>
    /// <param name="fm">Address of <c>feature_main</c>.</param>
    /// <param name="next0">Receives the next index.</param>
    /// <param name="b0">A buffer on an arc; moved on.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void vnet_feature_next(vnet_feature_main_t* fm, uint* next0, vlib_buffer_t* b0)
    {
        // vnet_feature_next_with_data (next0, b0, 0);
        vnet_feature_next_with_data(fm, next0, b0, 0);
    }

    /// <summary>The next index of the arc's next feature.</summary>
    /// <param name="fm">Address of <c>feature_main</c>.</param>
    /// <param name="b0">A buffer on an arc; moved on.</param>
    /// <returns>The next index.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort vnet_feature_next_u16(vnet_feature_main_t* fm, vlib_buffer_t* b0)
    {
        // u32 next32;   vnet_feature_next_with_data (&next32, b0, 0);   *next0 = next32;
        uint next32;
        vnet_feature_next_with_data(fm, &next32, b0, 0);
        return (ushort)next32;
    }

    /// <summary>
    /// <c>int vnet_feature_enable_disable (const char *arc_name, const char *node_name, u32 sw_if_index, int enable_disable, void *feature_config, u32 n_feature_config_bytes)</c>.
    /// </summary>
    /// <param name="arc_name">Arc, zero-terminated.</param>
    /// <param name="node_name">Feature, zero-terminated.</param>
    /// <param name="sw_if_index">Interface.</param>
    /// <param name="enable_disable">1 or 0; VPP counts.</param>
    /// <param name="feature_config">Data, or null.</param>
    /// <param name="n_feature_config_bytes">Bytes of data.</param>
    /// <returns>0, or a VNET_API_ERROR.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern int vnet_feature_enable_disable(byte* arc_name, byte* node_name, uint sw_if_index, int enable_disable, void* feature_config, uint n_feature_config_bytes);

    /// <summary><c>int vnet_feature_is_enabled (const char *arc_name, const char *feature_node_name, u32 sw_if_index)</c>.</summary>
    /// <param name="arc_name">Arc, zero-terminated.</param>
    /// <param name="feature_node_name">Feature, zero-terminated.</param>
    /// <param name="sw_if_index">Interface.</param>
    /// <returns>1, 0, or a VNET_API_ERROR.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern int vnet_feature_is_enabled(byte* arc_name, byte* feature_node_name, uint sw_if_index);

    /// <summary><c>u8 vnet_get_feature_arc_index (const char *s)</c>.</summary>
    /// <param name="s">Arc, zero-terminated.</param>
    /// <returns>Its index, 255 when there is none.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern byte vnet_get_feature_arc_index(byte* s);

    /// <summary><c>u32 vnet_get_feature_index (u8 arc, const char *s)</c>.</summary>
    /// <param name="arc">Arc index.</param>
    /// <param name="s">Feature, zero-terminated.</param>
    /// <returns>Its index, all ones when there is none.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern uint vnet_get_feature_index(byte arc, byte* s);
}
