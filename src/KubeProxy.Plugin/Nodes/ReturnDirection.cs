using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Pod → client.</summary>
internal readonly unsafe struct ReturnDirection : IDirection
{
    /// <inheritdoc/>
    public static bool IsForward => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Translate<TFamily, TSession, TFlow>(PluginThread* thread, Worker* worker, PacketBatch* batch, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> => ReturnPath<TFamily, TSession, TFlow>.Run(worker, batch, count);

    /// <summary>Every packet goes to the next feature of its interface, fragments by way of virtual reassembly.</summary>
    public static void Scatter<TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, Worker* worker, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
        WorkerFrame* frame = thread->Frame;
        if (worker != null && worker->Fragments != 0)
        {
            ScatterWithFragments<TReject>(vm, node, thread, worker, offset, count);
            return;
        }

        vnet_feature_main_t* features = VppProcess.Imports->FeatureMain;
        for (uint i = 0; i < count; i++)
        {
            uint next;
            Vnet.vnet_feature_next(features, &next, (vlib_buffer_t*)frame->Buffer[i]);
            frame->Next[offset + i] = (ushort)next;
        }

        if (typeof(TReject) == typeof(Ip4Reject) && worker == &thread->Worker && worker->Shared->Translation.Nat64Count != 0)
            TranslatedReturn.RunNat64(vm, node, thread, offset, count, areFragments: false);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ScatterWithFragments<TReject>(
        vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, Worker* worker, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
        WorkerFrame* frame = thread->Frame;
        for (uint i = 0; i < count; i++)
        {
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            bool isDiverted = frame->Batch.Outcome[i] == (byte)Outcome.Fragment && Reassembly.IsThere;
            frame->Diverted[i] = isDiverted ? (byte)1 : (byte)0;
            if (isDiverted) Reassembly.DivertReturn(buffer, typeof(TReject) == typeof(Ip6Reject));
            frame->Next[offset + i] = isDiverted
                ? NodeRegistration.NextReturnReassembly
                : Vnet.vnet_feature_next_u16(VppProcess.Imports->FeatureMain, buffer);
        }

        if (typeof(TReject) == typeof(Ip4Reject) && worker == &thread->Worker && worker->Shared->Translation.Nat64Count != 0)
            TranslatedReturn.RunNat64(vm, node, thread, offset, count, areFragments: false);
    }

    /// <inheritdoc/>
    public static void Trace<TFamily, TSession, TFlow>(vlib_main_t* vm, vlib_node_runtime_t* node, WorkerFrame* frame, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> => PacketTrace.Record<TFamily, TSession, TFlow>(vm, node, frame, count, IsForward);

    /// <summary>Answers of IPv6 pods to IPv4 clients.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish<TReject>(vlib_node_runtime_t* node, PluginThread* thread, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
        if (typeof(TReject) == typeof(Ip6Reject) && thread->Worker.Shared->Translation.Nat46Count != 0)
            TranslatedReturn.FinishNat46(thread, offset, count);
    }
}
