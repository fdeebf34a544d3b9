using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>Where packets enter the graph: a node that is only known by name, for traces and counters.</summary>
internal sealed unsafe class InputNode
{
    private const int NoBuffers = 0;

    private readonly GraphNode _node;
    private readonly uint _ethernetInput;

    private InputNode(string name)
    {
        _node = Graph.RegisterHost(name, &Never, [NodeSupport.DropNode, EthernetInput.Name], ["no buffers"], TraceText.Ethernet);
        _ethernetInput = Graph.Find(EthernetInput.Name)!.Index;
    }

    internal static InputNode Register(string name) => new(name);

    private static void Never(vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        throw new InvalidOperationException($"a packet was sent to input node {Graph.Get(node->node_index).Name}");

    /// <summary>Takes a copy of a received Ethernet frame; false if there is no buffer for it.</summary>
    internal bool TryReceive(Interface itf, ReadOnlySpan<byte> frame)
    {
        if (!BufferPool.TryFill(frame, out uint index))
        {
            Errors.Increment(_node.Runtime->errors[NoBuffers]);
            return false;
        }
        vlib_buffer_t* buffer = BufferPool.Get(index);
        NodeSupport.RxInterface(buffer) = itf.SwIfIndex;
        NodeSupport.TxInterface(buffer) = uint.MaxValue;
        itf.Received.Count(frame.Length);
        _node.Vectors++;
        bool traced = Tracer.TryStart(_node.Index, buffer);
        if (traced)
            NoteHead(buffer);
        Dispatcher.EnqueueToNode(_ethernetInput, index, traced);
        return true;
    }

    private void NoteHead(vlib_buffer_t* buffer)
    {
        int bytes = Math.Min((int)buffer->current_length, NodeSupport.TraceBytes);
        BufferPool.CurrentSpan(buffer)[..bytes].CopyTo(new Span<byte>(Tracer.Note(_node.Index, buffer, (uint)bytes), bytes));
    }
}
