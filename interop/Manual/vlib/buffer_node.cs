using System.Runtime.CompilerServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vlib
{
    /// <summary>
    /// Sends each buffer to its own next. The function comes from the datum <c>vlib_buffer_func_main</c>, which holds the variant for this CPU and is
    /// complete before the first packet. It is a short leaf that calls nothing of ours, so the call skips the transition out of managed code.
    /// </summary>
    /// <param name="bfm">Address of <c>vlib_buffer_func_main</c>.</param>
    /// <param name="vm">This thread's main.</param>
    /// <param name="node">The node that sends.</param>
    /// <param name="buffers">Buffer indices; readable up to a multiple of 64.</param>
    /// <param name="nexts">Next index of each; readable up to a multiple of 64.</param>
    /// <param name="count">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void vlib_buffer_enqueue_to_next(vlib_buffer_func_main_t* bfm, vlib_main_t* vm, vlib_node_runtime_t* node, uint* buffers, ushort* nexts, nuint count)
    {
        // fn = vlib_buffer_func_main.buffer_enqueue_to_next_fn;
        // (fn) (vm, node, buffers, nexts, count);
        ((delegate* unmanaged[Cdecl, SuppressGCTransition]<vlib_main_t*, vlib_node_runtime_t*, uint*, ushort*, nuint, void>)
            bfm->buffer_enqueue_to_next_fn)(vm, node, buffers, nexts, count);
    }

    /// <summary>Sends all buffers to one next: see <see cref="vlib_buffer_enqueue_to_next"/>.</summary>
    /// <param name="bfm">Address of <c>vlib_buffer_func_main</c>.</param>
    /// <param name="vm">This thread's main.</param>
    /// <param name="node">The node that sends.</param>
    /// <param name="buffers">Buffer indices.</param>
    /// <param name="next_index">Next index of all.</param>
    /// <param name="count">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void vlib_buffer_enqueue_to_single_next(vlib_buffer_func_main_t* bfm, vlib_main_t* vm, vlib_node_runtime_t* node, uint* buffers, ushort next_index, uint count)
    {
        // fn = vlib_buffer_func_main.buffer_enqueue_to_single_next_fn;
        // (fn) (vm, node, buffers, next_index, count);
        ((delegate* unmanaged[Cdecl, SuppressGCTransition]<vlib_main_t*, vlib_node_runtime_t*, uint*, ushort, uint, void>)
            bfm->buffer_enqueue_to_single_next_fn)(vm, node, buffers, next_index, count);
    }
}
