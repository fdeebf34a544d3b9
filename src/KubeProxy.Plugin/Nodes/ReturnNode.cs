using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Graph nodes kp-nat4-in2out and kp-nat6-in2out: what a pod answers leaves with the VIP as source.</summary>
internal static unsafe class ReturnNode
{
    /// <summary>kp-nat4-in2out.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Run4(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        Run<Ip4Family, Ip4Session, Ip4Flow>(vm, node, frame);

    /// <summary>kp-nat6-in2out.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Run6(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame) =>
        Run<Ip6Family, Ip6Session, Ip6Flow>(vm, node, frame);

    /// <summary>Trace of kp-nat4-in2out.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatTrace4(byte* s, VaList* arguments) => PacketTrace.Format(s, arguments, FeatureRegistration.Return4);

    /// <summary>Trace of kp-nat6-in2out.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static byte* FormatTrace6(byte* s, VaList* arguments) => PacketTrace.Format(s, arguments, FeatureRegistration.Return6);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Run<TFamily, TSession, TFlow>(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        uint* buffers = (uint*)Vlib.vlib_frame_vector_args(frame);
        uint count = frame->n_vectors;
        PluginThread* thread = Threads.States + vm->thread_index;
        WorkerFrame* scratch = thread->Frame;

        Housekeeping.BeforeFrame(&thread->Worker, (ulong)Vlib.vlib_time_last_node_dispatch(vm));
        for (uint offset = 0; offset < count; offset += FrameIo.ChunkLength)
        {
            uint length = Math.Min(count - offset, FrameIo.ChunkLength);
            FrameIo.Gather(vm, buffers + offset, length, scratch);
            ReturnPath<TFamily, TSession, TFlow>.Run(&thread->Worker, &scratch->Batch, length);
            if ((node->flags & Vpp.VLIB_NODE_FLAG_TRACE) != 0)
                PacketTrace.Record<TFamily, TSession, TFlow>(vm, node, scratch, length, isForward: false);
            FrameIo.ScatterReturn(scratch, offset, length);
        }

        FrameIo.Enqueue(vm, node, buffers, count, scratch);
        return count;
    }
}
