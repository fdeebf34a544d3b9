using System.Runtime.InteropServices;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>error-drop and the drops of the FIB: the reason in the buffer is counted, the buffer is given back.</summary>
internal static unsafe class ErrorDrop
{
    internal static void Register()
    {
        Graph.RegisterHost(NodeSupport.DropNode, &Run, [], [], Describe);
        Graph.RegisterHost("ip4-drop", &RunFib, [NodeSupport.DropNode], ["no route"], TraceText.Ip);
        Graph.RegisterHost("ip6-drop", &RunFib, [NodeSupport.DropNode], ["no route"], TraceText.Ip);
    }

    private static void Run(vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
        {
            vlib_buffer_t* buffer = BufferPool.Get(vectors[i]);
            if (NodeSupport.IsTraced(node))
                MemoryMarshal.Write(new Span<byte>(Tracer.Note(node->node_index, buffer, sizeof(ushort)), sizeof(ushort)), buffer->error);
            Errors.Increment(buffer->error);
            Interfaces.Get(NodeSupport.RxInterface(buffer)).Drops++;
            BufferPool.Free(vectors[i]);
        }
    }

    private static void RunFib(vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        NodeSupport.TraceHeaders(node, frame);
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
            NodeSupport.Drop(node, vectors[i], 0);
    }

    private static string Describe(ReadOnlySpan<byte> data) => Errors.Describe(MemoryMarshal.Read<ushort>(data));
}
