using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Translation;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Client over IPv6 → pod over IPv4: the header becomes IPv4's after everything else.</summary>
internal readonly unsafe struct Nat64Direction : IDirection
{
    /// <inheritdoc/>
    public static bool IsForward => true;

    /// <inheritdoc/>
    public static void Translate<TFamily, TSession, TFlow>(PluginThread* thread, Worker* worker, PacketBatch* batch, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        WorkerFrame* frame = thread->Frame;
        TranslatablePacket* packets = TranslationBatch.Packets(&frame->Translation);
        for (uint i = 0; i < count; i++) HeaderSwap.Describe((vlib_buffer_t*)frame->Buffer[i], packets + i);
        Nat64Path.Run(worker, batch, &frame->Translation, count);
        for (uint i = 0; i < count; i++) HeaderSwap.Apply((vlib_buffer_t*)frame->Buffer[i], packets + i);
    }

    /// <summary>A fragment goes to virtual reassembly of the family that it came by, and comes back to a node of its own.</summary>
    public static void Scatter<TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, Worker* worker, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
        ForwardDirection.Scatter<TReject>(vm, node, thread, worker, offset, count);
        WorkerFrame* frame = thread->Frame;
        ushort* next = frame->Next + offset;
        for (uint i = 0; i < count; i++)
        {
            if (frame->Batch.Outcome[i] == (byte)Outcome.Translated) continue;
            if (next[i] == NodeRegistration.NextLookup) next[i] = NodeRegistration.NextOtherLookup;
            if (frame->Batch.Outcome[i] != (byte)Outcome.Fragment || frame->Diverted[i] == 0) continue;
            Reassembly.DivertNat64((vlib_buffer_t*)frame->Buffer[i]);
            next[i] = NodeRegistration.NextOtherReassembly;
        }
    }

    /// <inheritdoc/>
    public static void Trace<TFamily, TSession, TFlow>(vlib_main_t* vm, vlib_node_runtime_t* node, WorkerFrame* frame, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> => PacketTrace.Record<TFamily, TSession, TFlow>(vm, node, frame, count, IsForward);

    /// <summary>What goes to a pod goes over IPv4.</summary>
    public static void Finish<TReject>(vlib_node_runtime_t* node, PluginThread* thread, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
        WorkerFrame* frame = thread->Frame;
        for (uint i = 0; i < count; i++)
        {
            if (frame->Batch.Outcome[i] != (byte)Outcome.Translated) continue;
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            Outcome outcome = HeaderSwap.ToIp4(thread, buffer);
            if (outcome == Outcome.Translated) continue;
            buffer->error = node->errors[(int)outcome];
            frame->Next[offset + i] = NodeRegistration.NextDrop;
        }
    }
}
