using System.Runtime.InteropServices;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>The last node of a packet's way, one per interface: hands the frame to the wire or the capture file.</summary>
internal static unsafe class InterfaceOutput
{
    private const int Down = 0;
    private const int NotSent = 1;

    internal static GraphNode Register(string interfaceName) => Graph.RegisterHost(
        $"{interfaceName}-output", &Run, [NodeSupport.DropNode], ["interface is down", "packet could not be sent"], TraceText.Ethernet);

    private static void Run(vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        NodeSupport.TraceHeaders(node, frame);
        uint* vectors = Dispatcher.Vectors(frame);
        Interface? itf = null;
        for (int i = 0; i < frame->n_vectors; i++)
        {
            vlib_buffer_t* buffer = BufferPool.Get(vectors[i]);
            itf = Interfaces.Get(NodeSupport.TxInterface(buffer));
            Send(node, vectors[i], buffer, itf);
        }
        itf?.Transmitter.Flush();
    }

    private static void Send(vlib_node_runtime_t* node, uint index, vlib_buffer_t* buffer, Interface itf)
    {
        if (!itf.IsUp)
        {
            NodeSupport.Drop(node, index, Down);
            return;
        }
        ReadOnlySpan<byte> bytes = Contents(buffer, out byte* copy);
        bool sent = itf.Transmitter.TrySend(bytes);
        if (sent)
            itf.Sent.Count(bytes.Length);
        NativeMemory.Free(copy);
        if (sent)
            BufferPool.Free(index);
        else
            NodeSupport.Drop(node, index, NotSent);
    }

    /// <summary>A packet's bytes in one piece: a chain of buffers is copied together.</summary>
    private static ReadOnlySpan<byte> Contents(vlib_buffer_t* buffer, out byte* copy)
    {
        copy = null;
        if ((buffer->flags & Vpp.VLIB_BUFFER_NEXT_PRESENT) == 0)
            return BufferPool.CurrentSpan(buffer);
        int bytes = 0;
        for (vlib_buffer_t* b = buffer; b != null; b = Next(b))
            bytes += b->current_length;
        copy = (byte*)NativeMemory.Alloc((nuint)bytes);
        Span<byte> rest = new(copy, bytes);
        for (vlib_buffer_t* b = buffer; b != null; b = Next(b))
        {
            BufferPool.CurrentSpan(b).CopyTo(rest);
            rest = rest[b->current_length..];
        }
        return new ReadOnlySpan<byte>(copy, bytes);
    }

    private static vlib_buffer_t* Next(vlib_buffer_t* buffer) =>
        (buffer->flags & Vpp.VLIB_BUFFER_NEXT_PRESENT) != 0 ? BufferPool.Get(buffer->next_buffer) : null;
}
