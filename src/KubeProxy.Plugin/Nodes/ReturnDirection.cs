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
    public static void Translate<TFamily, TSession, TFlow>(Worker* worker, PacketBatch* batch, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> => ReturnPath<TFamily, TSession, TFlow>.Run(worker, batch, count);

    /// <summary>Every packet goes to the next feature of its interface.</summary>
    public static void Scatter<TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
        WorkerFrame* frame = thread->Frame;
        vnet_feature_main_t* features = VppProcess.Imports->FeatureMain;
        for (uint i = 0; i < count; i++)
        {
            uint next;
            Vnet.vnet_feature_next(features, &next, (vlib_buffer_t*)frame->Buffer[i]);
            frame->Next[offset + i] = (ushort)next;
        }
    }

    /// <inheritdoc/>
    public static void Trace<TFamily, TSession, TFlow>(vlib_main_t* vm, vlib_node_runtime_t* node, WorkerFrame* frame, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> => PacketTrace.Record<TFamily, TSession, TFlow>(vm, node, frame, count, IsForward);
}
