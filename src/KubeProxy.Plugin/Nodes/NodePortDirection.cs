using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Client → node: sorts out what is for a service.</summary>
internal readonly unsafe struct NodePortDirection : IDirection
{
    /// <inheritdoc/>
    public static bool IsForward => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Translate<TFamily, TSession, TFlow>(PluginThread* thread, Worker* worker, PacketBatch* batch, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> => NodePortPath<TFamily, TSession, TFlow>.Run(worker, batch, count);

    /// <summary>
    /// A packet for a service leaves the arc for the forward node, with its slot where the look-up would have put it. Every
    /// other packet goes to the next feature, which is the node's own delivery if there is no other.
    /// </summary>
    public static void Scatter<TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, Worker* worker, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
        WorkerFrame* frame = thread->Frame;
        vnet_feature_main_t* features = VppProcess.Imports->FeatureMain;
        for (uint i = 0; i < count; i++)
        {
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            uint vipSlot = frame->Batch.VipSlot[i];
            if (vipSlot == NodePortTable.NoSlot)
            {
                frame->Next[offset + i] = Vnet.vnet_feature_next_u16(features, buffer);
            }
            else
            {
                Vnet.vnet_buffer(buffer)->ip.adj_index[(int)vlib_rx_or_tx_t.VLIB_TX] = vipSlot;
                frame->Next[offset + i] = NodeRegistration.NextForward;
            }
        }
    }

    /// <inheritdoc/>
    public static void Trace<TFamily, TSession, TFlow>(vlib_main_t* vm, vlib_node_runtime_t* node, WorkerFrame* frame, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow> => NodePortTrace.Record<TFamily, TSession, TFlow>(vm, node, frame, count);
}
