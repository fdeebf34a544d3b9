using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

internal static unsafe class TraceExports
{
    [UnmanagedCallersOnly(EntryPoint = "vlib_add_trace", CallConvs = [typeof(CallConvCdecl)])]
    internal static void* AddTrace(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_buffer_t* buffer, uint bytes) =>
        Tracer.Note(node->node_index, buffer, bytes);
}
