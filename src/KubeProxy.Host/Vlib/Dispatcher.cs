using System.Runtime.InteropServices;
using KubeProxy.Host.Border;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>
/// Moves packets from node to node in frames of up to 256. Each node has at most one frame that is being filled; frames
/// are dispatched in the order in which they were begun, as VPP does.
/// </summary>
internal static unsafe class Dispatcher
{
    internal const int FrameSize = 256;

    private const int FrameSizeExtra = 4;
    private const ushort VectorOffset = 16;
    private const int TraceFlag = Vpp.VLIB_NODE_FLAG_TRACE;

    private readonly record struct Pending(nint Frame, uint NodeIndex);

    private static readonly Queue<Pending> Waiting = new();
    private static readonly Stack<nint> FreeFrames = new();

    internal static bool HasWork => Waiting.Count > 0;

    internal static uint* Vectors(vlib_frame_t* frame) => (uint*)((byte*)frame + frame->vector_offset);

    /// <summary>Runs until no frame waits any more.</summary>
    internal static void Run()
    {
        while (Waiting.TryDequeue(out Pending pending))
            Dispatch(Graph.Get(pending.NodeIndex), (vlib_frame_t*)pending.Frame);
    }

    private static void Dispatch(GraphNode node, vlib_frame_t* frame)
    {
        if (node.OpenFrame == frame)
            node.OpenFrame = null;
        bool traced = (frame->frame_flags & TraceFlag) != 0;
        node.Runtime->flags = (ushort)(traced ? node.Runtime->flags | TraceFlag : node.Runtime->flags & ~TraceFlag);
        MainThread.Vm->cpu_time_last_node_dispatch = HostData.Timestamp();
        node.Calls++;
        node.Vectors += frame->n_vectors;
        if (node.Managed != null)
            node.Managed(node.Runtime, frame);
        else
            node.Runtime->function(MainThread.Vm, node.Runtime, frame);
        frame->n_vectors = 0;
        frame->frame_flags = 0;
        FreeFrames.Push((nint)frame);
    }

    /// <summary>Appends one packet to the next node's frame. A slot that the node does not have loses the packet, aloud.</summary>
    internal static void Enqueue(vlib_node_runtime_t* from, uint buffer, uint slot)
    {
        vlib_node_t* node = Graph.Get(from->node_index).Node;
        if (slot >= from->n_next_nodes || node->next_nodes[slot] == Graph.InvalidIndex)
        {
            HostLog.Error($"node {Graph.Get(from->node_index).Name} sent a packet to next {slot}, which it does not have; the packet is freed");
            BufferPool.Free(buffer);
            return;
        }
        EnqueueToNode(node->next_nodes[slot], buffer, (from->flags & TraceFlag) != 0);
    }

    internal static void EnqueueToNode(uint nodeIndex, uint buffer, bool traced)
    {
        GraphNode target = Graph.Get(nodeIndex);
        vlib_frame_t* frame = target.OpenFrame;
        if (frame == null || frame->n_vectors == FrameSize)
        {
            frame = NewFrame();
            target.OpenFrame = frame;
            Waiting.Enqueue(new Pending((nint)frame, nodeIndex));
        }
        Vectors(frame)[frame->n_vectors++] = buffer;
        if (traced)
            frame->frame_flags |= TraceFlag;
    }

    private static vlib_frame_t* NewFrame()
    {
        if (FreeFrames.TryPop(out nint free))
            return (vlib_frame_t*)free;
        const int bytes = VectorOffset + ((FrameSize + FrameSizeExtra) * sizeof(uint));
        vlib_frame_t* frame = (vlib_frame_t*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(frame, bytes);
        frame->scalar_offset = VectorOffset;
        frame->vector_offset = VectorOffset;
        return frame;
    }
}
