using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Client → pod.</summary>
internal readonly unsafe struct ForwardDirection : IDirection
{
    /// <inheritdoc/>
    public static bool IsForward => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Translate<TFamily, TSession, TFlow>(PluginThread* thread, Worker* worker, PacketBatch* batch, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> => ForwardPath<TFamily, TSession, TFlow>.Run(worker, batch, count);

    /// <summary>Translated packets go to their pod's adjacency; <see cref="Refusal"/> sees to the others.</summary>
    public static void Scatter<TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, Worker* worker, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
        WorkerFrame* frame = thread->Frame;
        PacketBatch* batch = &frame->Batch;
        ushort* next = frame->Next + offset;
        if (!PacketBatch.AreAllTranslated(batch))
        {
            ScatterMixed<TReject>(vm, node, thread, offset, count);
            return;
        }

        nuint packets = count;
        for (nuint i = 0; i < packets; i++) next[i] = Send((vlib_buffer_t*)frame->Buffer[i], batch->Target[i]);
    }

    /// <summary>The others come last: without a call in it, the loop keeps its variables in registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ScatterMixed<TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
        WorkerFrame* frame = thread->Frame;
        PacketBatch* batch = &frame->Batch;
        ushort* next = frame->Next + offset;
        uint others = 0;
        for (uint i = 0; i < count; i++)
        {
            if (batch->Outcome[i] == (byte)Outcome.Translated) next[i] = Send((vlib_buffer_t*)frame->Buffer[i], batch->Target[i]);
            else batch->Work[others++] = (ushort)i;
        }

        for (uint n = 0; n < others; n++) next[batch->Work[n]] = Refusal.NextOf<TReject>(vm, node, thread, batch->Work[n]);
    }

    /// <summary>One round more, and the pod's adjacency; answers its next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Send(vlib_buffer_t* buffer, ulong target)
    {
        buffer->flags += LoopGuard.Round;
        Vnet.vnet_buffer(buffer)->ip.adj_index[(int)vlib_rx_or_tx_t.VLIB_TX] = (uint)target;
        return (ushort)(target >> 32);
    }

    /// <inheritdoc/>
    public static void Trace<TFamily, TSession, TFlow>(vlib_main_t* vm, vlib_node_runtime_t* node, WorkerFrame* frame, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> => PacketTrace.Record<TFamily, TSession, TFlow>(vm, node, frame, count, IsForward);
}
