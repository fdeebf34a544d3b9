using System.Runtime.CompilerServices;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Snapshots;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// Finds out whose a batch is, where that is not plain. A client's packet carries the realm of the table in which the look-up has met
/// the VIP; an answer, and a packet to a node's own address, is in the table of the interface that it came in by. A batch of
/// several realms is worked on realm by realm: packets of one keep their order.
/// </summary>
internal static unsafe class RealmSplit
{
    /// <summary>False for a batch that is table 0's as a whole, as far as one look tells.</summary>
    /// <param name="marks">What <see cref="FrameIo.Gather{TDirection}"/> has found.</param>
    /// <param name="isIp6">Family.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNeeded<TDirection>(uint marks, bool isIp6)
        where TDirection : struct, IDirection
    {
        if (TDirection.IsForward) return VipMark.RealmOf(marks) != 0;
        return (isIp6 ? RealmMap.InterfacesElsewhere6 : RealmMap.InterfacesElsewhere4) != 0;
    }

    /// <summary>
    /// Makes the batch one of a single realm, that of its first packet, and shortens it to these packets; the others come behind
    /// them in the frame, to be gathered anew. Answers the realm's worker, or null if there is no such realm.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Worker* Take<TDirection>(vlib_main_t* vm, PluginThread* thread, uint* buffers, uint* length, bool isIp6)
        where TDirection : struct, IDirection
    {
        WorkerFrame* frame = thread->Frame;
        uint realm = RealmOf<TDirection>(frame, 0, isIp6);
        uint taken = 0;
        uint others = 0;
        for (uint i = 0; i < *length; i++)
        {
            if (RealmOf<TDirection>(frame, i, isIp6) == realm) buffers[taken++] = buffers[i];
            else frame->Later[others++] = buffers[i];
        }

        for (uint i = 0; i < others; i++) buffers[taken + i] = frame->Later[i];
        if (others != 0) _ = FrameIo.Gather<TDirection>(vm, buffers, taken, frame);
        *length = taken;
        for (uint i = 0; TDirection.IsForward && i < taken; i++) frame->Batch.VipSlot[i] = VipMark.SlotOf(frame->Batch.VipSlot[i]);
        return WorkerOf(vm, thread, realm);
    }

    /// <summary>The worker of one packet of the batch's, which then carries a slot alone; null if there is no such realm.</summary>
    public static Worker* TakeOne<TDirection>(vlib_main_t* vm, PluginThread* thread, uint i, bool isIp6)
        where TDirection : struct, IDirection
    {
        uint realm = RealmOf<TDirection>(thread->Frame, i, isIp6);
        if (TDirection.IsForward) thread->Frame->Batch.VipSlot[i] = VipMark.SlotOf(thread->Frame->Batch.VipSlot[i]);
        return WorkerOf(vm, thread, realm);
    }

    /// <summary>Packets of a table without services: answers and packets to the node go on untouched, a client's is for a VIP that has gone.</summary>
    public static void PassOver(PacketBatch* batch, uint first, uint count)
    {
        for (uint i = first; i < first + count; i++)
        {
            batch->Outcome[i] = (byte)Outcome.NoVip;
            batch->Session[i] = (byte)SessionUse.None;
            batch->VipSlot[i] = NodePortTable.NoSlot;
        }
    }

    private static uint RealmOf<TDirection>(WorkerFrame* frame, uint i, bool isIp6)
        where TDirection : struct, IDirection
    {
        if (TDirection.IsForward) return VipMark.RealmOf(frame->Batch.VipSlot[i]);
        uint* tables = isIp6 ? VppProcess.Imports->Ip6Main->fib_index_by_sw_if_index : VppProcess.Imports->Ip4Main->fib_index_by_sw_if_index;
        uint table = tables[Vnet.vnet_buffer((vlib_buffer_t*)frame->Buffer[i])->sw_if_index[(int)vlib_rx_or_tx_t.VLIB_RX]];
        if (table >= RealmMap.TableCount) return RealmMap.None;
        uint realm = RealmMap.ByTable(isIp6)[table];
        return typeof(TDirection) == typeof(NodePortDirection) && realm != 0 ? RealmMap.None : realm;
    }

    private static Worker* WorkerOf(vlib_main_t* vm, PluginThread* thread, uint realm)
    {
        Worker* worker = realm < RealmMap.None ? thread->Realms[realm] : null;
        if (worker != null) Housekeeping.BeforeFrame(worker, (ulong)Vlib.vlib_time_last_node_dispatch(vm));
        return worker;
    }
}
