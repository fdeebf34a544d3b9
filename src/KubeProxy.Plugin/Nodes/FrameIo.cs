using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
    /// Fills the batch's input arrays from some of a frame's buffers. First all buffer headers and the starts of all packets are fetched. Answers, of the
    /// forward direction, the marks of all packets put together: 0 in the bits of the realm when all are table 0's.
    /// </summary>
    /// <typeparam name="TDirection">Direction of the traffic, resolved at compile time.</typeparam>
    public static uint Gather<TDirection>(vlib_main_t* vm, uint* buffers, nuint count, WorkerFrame* frame)
        where TDirection : struct, IDirection
    {
        PacketBatch* batch = &frame->Batch;
        Fetch(vm->buffer_main->buffer_mem_start, buffers, count, frame);
        uint marks = 0;
        uint flags = 0;
        for (nuint i = 0; i < count; i++)
        {
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            flags |= buffer->flags;
            batch->Packet[i] = (ulong)Vlib.vlib_buffer_get_current(buffer);
            batch->Available[i] = buffer->current_length;
            uint mark = Vnet.vnet_buffer(buffer)->ip.adj_index[(int)vlib_rx_or_tx_t.VLIB_TX];
            batch->VipSlot[i] = mark;
            marks |= mark;
        }

        batch->Special = 0;
        if ((flags & SpecialPackets.Flags) != 0) SpecialPackets.Describe<TDirection>(vm, (uint)count, frame);
        return TDirection.IsForward ? marks : 0;
    }

    /// <summary>Addresses of the buffers, four at a time; their headers and the starts of their packets are fetched.</summary>
    private static void Fetch(nuint memory, uint* buffers, nuint count, WorkerFrame* frame)
    {
        nuint i = 0;
        Vector256<ulong> start = Vector256.Create((ulong)memory);
        for (; i + 4 <= count; i += 4)
        {
            Vector256<ulong> indices = Vector256.WidenLower(Vector128.Load(buffers + i).ToVector256Unsafe());
            ((indices << Vlib.CLIB_LOG2_CACHE_LINE_BYTES) + start).Store(frame->Buffer + i);
            Prefetch(frame->Buffer[i]);
            Prefetch(frame->Buffer[i + 1]);
            Prefetch(frame->Buffer[i + 2]);
            Prefetch(frame->Buffer[i + 3]);
        }

        for (; i < count; i++)
        {
            frame->Buffer[i] = (ulong)Vlib.vlib_buffer_ptr_from_index(memory, buffers[i], 0);
            Prefetch(frame->Buffer[i]);
        }
    }

    /// <summary>Hands the frame on; a frame with one next takes the short way.</summary>
    public static void Enqueue(vlib_main_t* vm, vlib_node_runtime_t* node, uint* buffers, uint count, WorkerFrame* frame)
    {
        ushort first = frame->Next[0];
        vlib_buffer_func_main_t* functions = VppProcess.Imports->BufferFunctions;
        if (AreAll(frame->Next, first, count)) Vlib.vlib_buffer_enqueue_to_single_next(functions, vm, node, buffers, first, count);
        else Vlib.vlib_buffer_enqueue_to_next(functions, vm, node, buffers, frame->Next, count);
    }

    /// <summary>Compares whole vectors: what lies behind the frame's nexts (<see cref="WorkerFrame.EnqueueSlack"/>) is overwritten.</summary>
    private static bool AreAll(ushort* next, ushort wanted, uint count)
    {
        Vector256<ushort> all = Vector256.Create(wanted);
        all.Store(next + count);
        Vector256<ushort> different = Vector256<ushort>.Zero;
        for (uint i = 0; i < count; i += (uint)Vector256<ushort>.Count) different |= Vector256.Load(next + i) ^ all;
        return different == Vector256<ushort>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(ulong buffer)
    {
        if (!Sse.IsSupported) return;
        Sse.Prefetch0((byte*)buffer);
        Sse.Prefetch0((byte*)buffer + vlib_buffer_t.data_offset);
    }
}
