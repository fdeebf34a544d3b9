using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>The function of the nodes of fragments: as <see cref="NodeBody{TDirection}"/>, one packet at a time.</summary>
/// <typeparam name="TDirection">Direction of the traffic, resolved at compile time.</typeparam>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
internal static unsafe class FragmentBody<TDirection, TFamily, TSession, TFlow>
    where TDirection : struct, IDirection
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Works on a frame; answers its number of packets.</summary>
    public static nuint Run<TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame)
        where TReject : struct, IRejectFamily
    {
        uint* buffers = (uint*)Vlib.vlib_frame_vector_args(frame);
        uint count = frame->n_vectors;
        PluginThread* thread = Threads.States + vm->thread_index;

        Housekeeping.BeforeFrame(&thread->Worker, (ulong)Vlib.vlib_time_last_node_dispatch(vm));
        for (uint offset = 0; offset < count; offset += PacketBatch.Capacity)
        {
            uint length = Math.Min(count - offset, PacketBatch.Capacity);
            uint marks = FrameIo.Gather<TDirection>(vm, buffers + offset, length, thread->Frame);
            bool isSplit = RealmSplit.IsNeeded<TDirection>(marks, typeof(TFamily) == typeof(Ip6Family));
            Translate(vm, thread, length, isSplit);
            TDirection.Scatter<TReject>(vm, node, thread, &thread->Worker, offset, length);
            if (!TDirection.IsForward && !isSplit && typeof(TReject) == typeof(Ip4Reject) && thread->Worker.Shared->Translation.Nat64Count != 0)
                TranslatedReturn.RunNat64(vm, node, thread, offset, length, areFragments: true);
            if ((node->flags & Vpp.VLIB_NODE_FLAG_TRACE) != 0)
            {
                PacketTrace.Record<TFamily, TSession, TFlow>(
                    vm, node, thread->Frame, length, TDirection.IsForward, (TFlow*)thread->Frame->Leaves);
            }

            TDirection.Finish<TReject>(node, thread, offset, length);
        }

        FrameIo.Enqueue(vm, node, buffers, count, thread->Frame);
        return count;
    }

    private static void Translate(vlib_main_t* vm, PluginThread* thread, uint count, bool isSplit)
    {
        WorkerFrame* frame = thread->Frame;
        TFlow* leaves = (TFlow*)frame->Leaves;
        thread->Worker.Fragments = 0;
        for (uint i = 0; i < count; i++)
        {
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            DatagramHeader header = TranslatedReturn.HeaderOf(buffer);
            Worker* worker = isSplit ? RealmSplit.TakeOne<TDirection>(vm, thread, i, typeof(TFamily) == typeof(Ip6Family)) : &thread->Worker;
            if (worker == null) RealmSplit.PassOver(&frame->Batch, i, 1);
            else if (TDirection.IsForward) FragmentPath<TFamily, TSession, TFlow>.Forward(worker, &frame->Batch, i, header, leaves + i);
            else FragmentPath<TFamily, TSession, TFlow>.Return(worker, &frame->Batch, i, header, leaves + i);
            if (!TDirection.IsForward) Reassembly.Resume(buffer);
        }
    }
}
