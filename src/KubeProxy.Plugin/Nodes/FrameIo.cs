using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using KubeProxy.Core.Pipeline;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Between VPP's frames and the pipeline's batch: the first and the last stage of every node.</summary>
internal static unsafe class FrameIo
{
    /// <summary>
    /// Packets worked on at a time. The lines of a packet (buffer, header, session, scratch) fit the first-level cache
    /// for this many, and it is far enough ahead for a prefetch from memory.
    /// </summary>
    public const uint ChunkLength = 64;

    /// <summary>How many packets ahead a buffer's header is fetched.</summary>
    private const uint HeaderAhead = 8;

    /// <summary>How many packets ahead a packet's first line is fetched.</summary>
    private const uint DataAhead = 4;

    /// <summary>Fills the batch's input arrays from some of a frame's buffers.</summary>
    public static void Gather(vlib_main_t* vm, uint* buffers, uint count, WorkerFrame* frame)
    {
        PacketBatch* batch = &frame->Batch;
        nuint memory = vm->buffer_main->buffer_mem_start;
        for (uint i = 0; i < count; i++) frame->Buffer[i] = (ulong)Vlib.vlib_buffer_ptr_from_index(memory, buffers[i], 0);

        uint ahead = Math.Min(count, HeaderAhead);
        for (uint i = 0; i < ahead; i++) Prefetch((void*)frame->Buffer[i]);
        for (uint i = 0; i < count; i++)
        {
            if (i + HeaderAhead < count) Prefetch((void*)frame->Buffer[i + HeaderAhead]);
            if (i + DataAhead < count) Prefetch(Vlib.vlib_buffer_get_current((vlib_buffer_t*)frame->Buffer[i + DataAhead]));
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            batch->Packet[i] = (ulong)Vlib.vlib_buffer_get_current(buffer);
            batch->Available[i] = buffer->current_length;
            batch->VipSlot[i] = Vnet.vnet_buffer(buffer)->ip.adj_index[(int)vlib_rx_or_tx_t.VLIB_TX];
        }
    }

    /// <summary>Forward: translated packets to their pod's adjacency, the others to the drop with their reason.</summary>
    public static void ScatterForward(vlib_node_runtime_t* node, WorkerFrame* frame, uint offset, uint length)
    {
        PacketBatch* batch = &frame->Batch;
        ushort* next = frame->Next + offset;
        for (uint i = 0; i < length; i++)
        {
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            byte outcome = batch->Outcome[i];
            if (outcome == (byte)Outcome.Translated)
            {
                ulong target = batch->Target[i];
                Vnet.vnet_buffer(buffer)->ip.adj_index[(int)vlib_rx_or_tx_t.VLIB_TX] = (uint)target;
                next[i] = (ushort)(target >> 32);
            }
            else
            {
                buffer->error = node->errors[outcome];
                next[i] = NodeRegistration.NextDrop;
            }
        }
    }

    /// <summary>Return: every packet to the next feature of its interface.</summary>
    public static void ScatterReturn(WorkerFrame* frame, uint offset, uint length)
    {
        vnet_feature_main_t* features = VppProcess.Imports->FeatureMain;
        for (uint i = 0; i < length; i++)
        {
            uint next;
            Vnet.vnet_feature_next(features, &next, (vlib_buffer_t*)frame->Buffer[i]);
            frame->Next[offset + i] = (ushort)next;
        }
    }

    /// <summary>Hands the frame on; a frame with one next takes the short way.</summary>
    public static void Enqueue(vlib_main_t* vm, vlib_node_runtime_t* node, uint* buffers, uint count, WorkerFrame* frame)
    {
        ushort first = frame->Next[0];
        uint different = 0;
        for (uint i = 1; i < count; i++) different |= (uint)(frame->Next[i] ^ first);
        vlib_buffer_func_main_t* functions = VppProcess.Imports->BufferFunctions;
        if (different == 0) Vlib.vlib_buffer_enqueue_to_single_next(functions, vm, node, buffers, first, count);
        else Vlib.vlib_buffer_enqueue_to_next(functions, vm, node, buffers, frame->Next, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(void* line)
    {
        if (Sse.IsSupported) Sse.Prefetch0(line);
    }
}
