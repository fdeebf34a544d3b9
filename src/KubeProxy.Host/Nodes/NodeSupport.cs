using KubeProxy.Host.Vlib;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>What the host's own nodes share.</summary>
internal static unsafe class NodeSupport
{
    /// <summary>Next 0 of every node of the host, as of the plugin's.</summary>
    internal const uint DropNext = 0;

    internal const string DropNode = "error-drop";
    internal const int TraceBytes = 64;

    internal static void Drop(vlib_node_runtime_t* node, uint index, int reason)
    {
        BufferPool.Get(index)->error = node->errors[reason];
        Dispatcher.Enqueue(node, index, DropNext);
    }

    internal static ref uint RxInterface(vlib_buffer_t* buffer) => ref BufferPool.Opaque(buffer)->sw_if_index[(int)vlib_rx_or_tx_t.VLIB_RX];

    internal static ref uint TxInterface(vlib_buffer_t* buffer) => ref BufferPool.Opaque(buffer)->sw_if_index[(int)vlib_rx_or_tx_t.VLIB_TX];

    internal static ref uint TxAdjacency(vlib_buffer_t* buffer) => ref BufferPool.Opaque(buffer)->ip.adj_index[(int)vlib_rx_or_tx_t.VLIB_TX];

    internal static bool IsTraced(vlib_node_runtime_t* node) => (node->flags & Vpp.VLIB_NODE_FLAG_TRACE) != 0;

    /// <summary>Notes the head of every traced packet of a frame, for <see cref="TraceText"/>.</summary>
    internal static void TraceHeaders(vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        if (!IsTraced(node))
            return;
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
        {
            vlib_buffer_t* buffer = BufferPool.Get(vectors[i]);
            if ((buffer->flags & Vpp.VLIB_BUFFER_IS_TRACED) != 0)
                TraceHeader(node, buffer);
        }
    }

    private static void TraceHeader(vlib_node_runtime_t* node, vlib_buffer_t* buffer)
    {
        int bytes = Math.Min((int)buffer->current_length, TraceBytes);
        Span<byte> note = new(Tracer.Note(node->node_index, buffer, (uint)bytes), bytes);
        BufferPool.CurrentSpan(buffer)[..bytes].CopyTo(note);
    }
}
