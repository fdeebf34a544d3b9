using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>The function of every node: a frame in pieces through the pipeline, and on to the next nodes.</summary>
/// <typeparam name="TDirection">Direction of the traffic, resolved at compile time.</typeparam>
internal static unsafe class NodeBody<TDirection>
    where TDirection : struct, IDirection
{
    /// <summary>Works on a frame; answers its number of packets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint Run<TFamily, TSession, TFlow, TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
        where TReject : struct, IRejectFamily
    {
        uint* buffers = (uint*)Vlib.vlib_frame_vector_args(frame);
        uint count = frame->n_vectors;
        PluginThread* thread = Threads.States + vm->thread_index;
        WorkerFrame* scratch = thread->Frame;

        Housekeeping.BeforeFrame(&thread->Worker, (ulong)Vlib.vlib_time_last_node_dispatch(vm));
        for (uint offset = 0, length; offset < count; offset += length)
        {
            length = Math.Min(count - offset, PacketBatch.Capacity);
            Worker* worker = &thread->Worker;
            uint marks = FrameIo.Gather<TDirection>(vm, buffers + offset, length, scratch);
            if (RealmSplit.IsNeeded<TDirection>(marks, IsIp6<TFamily>()))
            {
                // A variable whose address is taken lives in memory: the loop's own stays in a register.
                uint taken = length;
                worker = RealmSplit.Take<TDirection>(vm, thread, buffers + offset, &taken, IsIp6<TFamily>());
                length = taken;
            }

            if (worker != null) TDirection.Translate<TFamily, TSession, TFlow>(thread, worker, &scratch->Batch, length);
            else RealmSplit.PassOver(&scratch->Batch, 0, length);
            TDirection.Scatter<TReject>(vm, node, thread, worker, offset, length);
            if ((node->flags & Vpp.VLIB_NODE_FLAG_TRACE) != 0) TDirection.Trace<TFamily, TSession, TFlow>(vm, node, scratch, length);
            TDirection.Finish<TReject>(node, thread, offset, length);
        }

        FrameIo.Enqueue(vm, node, buffers, count, scratch);
        return count;
    }

    private static bool IsIp6<TFamily>() => typeof(TFamily) == typeof(Ip6Family);
}
