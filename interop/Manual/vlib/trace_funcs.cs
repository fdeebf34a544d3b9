using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vlib
{
    /// <summary><c>void *vlib_add_trace (vlib_main_t *vm, vlib_node_runtime_t *r, vlib_buffer_t *b, u32 n_data_bytes)</c>.</summary>
    /// <param name="vm">This thread's main.</param>
    /// <param name="r">The node that traces.</param>
    /// <param name="b">A buffer with <see cref="Vpp.VLIB_BUFFER_IS_TRACED"/>.</param>
    /// <param name="n_data_bytes">How many bytes.</param>
    /// <returns>Where the node's <c>format_trace</c> will read them.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void* vlib_add_trace(vlib_main_t* vm, vlib_node_runtime_t* r, vlib_buffer_t* b, uint n_data_bytes);
}
