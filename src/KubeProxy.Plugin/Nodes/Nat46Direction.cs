using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Translation;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// Client over IPv4 → pod over IPv6: the header becomes IPv6's before anything else. What the host answers is written over IPv6 and
/// becomes IPv4 last of all, unless it is about a header that cannot become IPv6's.
/// </summary>
internal readonly unsafe struct Nat46Direction : IDirection
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
        TranslationBatch* translation = &frame->Translation;
        TranslatablePacket* packets = TranslationBatch.Packets(translation);
        for (uint i = 0; i < count; i++)
        {
            HeaderSwap.KeepLinkHeader((vlib_buffer_t*)frame->Buffer[i]);
            HeaderSwap.Describe((vlib_buffer_t*)frame->Buffer[i], packets + i);
        }

        translation->MayFragment = TranslationNode.HasFragmentation ? (byte)1 : (byte)0;
        Nat46Path.Run(worker, batch, translation, count);
        for (uint i = 0; i < count; i++)
            if (translation->Reason[i] == (byte)Outcome.Translated) HeaderSwap.Apply((vlib_buffer_t*)frame->Buffer[i], packets + i);
    }

    /// <inheritdoc/>
    public static void Scatter<TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, Worker* worker, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
        ForwardDirection.Scatter<TReject>(vm, node, thread, worker, offset, count);
        WorkerFrame* frame = thread->Frame;
        ushort* next = frame->Next + offset;
        for (uint i = 0; i < count; i++)
        {
            if (next[i] == NodeRegistration.NextLookup && frame->Batch.Outcome[i] != (byte)Outcome.Translated) next[i] = NodeRegistration.NextOtherLookup;
            if (frame->Batch.Outcome[i] != (byte)Outcome.ToBeFragmented) continue;
            Vlib.vlib_node_increment_counter(vm, node->node_index, (uint)Outcome.ToBeFragmented, 1);
            Vnet.ip_frag_set_vnet_buffer((vlib_buffer_t*)frame->Buffer[i], TranslationNode.FragmentBytes, TranslationNode.FragmentsToLookup4, 0);
            next[i] = NodeRegistration.NextFragmentation;
        }
    }

    /// <inheritdoc/>
    public static void Trace<TFamily, TSession, TFlow>(vlib_main_t* vm, vlib_node_runtime_t* node, WorkerFrame* frame, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> => PacketTrace.Record<TFamily, TSession, TFlow>(vm, node, frame, count, IsForward);

    /// <summary>Answers go back over IPv4. One to a packet that was refused for its own header is IPv4's already.</summary>
    public static void Finish<TReject>(vlib_node_runtime_t* node, PluginThread* thread, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
        WorkerFrame* frame = thread->Frame;
        ushort* next = frame->Next + offset;
        for (uint i = 0; i < count; i++)
        {
            if (next[i] != NodeRegistration.NextOtherLookup) continue;
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            if (HeaderSwap.IsIp4(buffer)) continue;
            Outcome outcome = HeaderSwap.ToIp4(thread, buffer);
            if (outcome == Outcome.Translated) continue;
            buffer->error = node->errors[(int)outcome];
            next[i] = NodeRegistration.NextDrop;
        }
    }
}
