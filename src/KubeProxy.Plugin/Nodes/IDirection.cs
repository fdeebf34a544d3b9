using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>What client → pod, pod → client and client → node do differently in the one body of a node (<see cref="NodeBody{TDirection}"/>).</summary>
internal unsafe interface IDirection
{
    /// <summary>True for client → pod.</summary>
    static abstract bool IsForward { get; }

    /// <summary>Runs the pipeline over the first <paramref name="count"/> packets of the batch.</summary>
    static abstract void Translate<TFamily, TSession, TFlow>(PluginThread* thread, Worker* worker, PacketBatch* batch, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>;

    /// <summary>
    /// Sets the next of the batch's packets, which are the frame's from <paramref name="offset"/> on, and turns those that
    /// nobody serves into answers. The worker is the one that has translated them, null if they were passed over.
    /// </summary>
    static abstract void Scatter<TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, Worker* worker, uint offset, uint count)
        where TReject : struct, IRejectFamily;

    /// <summary>Records the traced ones of the batch's first <paramref name="count"/> packets.</summary>
    static abstract void Trace<TFamily, TSession, TFlow>(vlib_main_t* vm, vlib_node_runtime_t* node, WorkerFrame* frame, uint count)
        where TFamily : struct, IIpFamily<TFlow, TSession>
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>;

    /// <summary>Gives the batch's packets headers of the other family that are to leave by it, if any do; after that, no trace can read them.</summary>
    static virtual void Finish<TReject>(vlib_node_runtime_t* node, PluginThread* thread, uint offset, uint count)
        where TReject : struct, IRejectFamily
    {
    }
}
