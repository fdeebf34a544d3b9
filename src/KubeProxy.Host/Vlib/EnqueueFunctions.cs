using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Host.Border;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>What stands behind vlib_buffer_enqueue_to_next and its siblings: the pointers in vlib_buffer_func_main.</summary>
internal static unsafe class EnqueueFunctions
{
    internal static void Install()
    {
        vlib_buffer_func_main_t* functions = HostData.BufferFunctions;
        functions->buffer_enqueue_to_next_fn = &ToNext;
        functions->buffer_enqueue_to_single_next_fn = &ToSingleNext;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ToNext(vlib_main_t* vm, vlib_node_runtime_t* node, uint* buffers, ushort* nexts, nuint count)
    {
        for (nuint i = 0; i < count; i++)
            Dispatcher.Enqueue(node, buffers[i], nexts[i]);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ToSingleNext(vlib_main_t* vm, vlib_node_runtime_t* node, uint* buffers, ushort next, uint count)
    {
        for (uint i = 0; i < count; i++)
            Dispatcher.Enqueue(node, buffers[i], next);
    }
}
