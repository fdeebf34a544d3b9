using KubeProxy.Host.Dpo;
using KubeProxy.Host.Fib;
using KubeProxy.Host.Vlib;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>ip4-lookup and ip6-lookup: longest prefix, its load balance's only bucket, on to that object's node.</summary>
internal static unsafe class IpLookup<T>
    where T : struct, IIpFamily
{
    internal static void Register() => Graph.RegisterHost(T.LookupNode, &Run, [NodeSupport.DropNode], [], TraceText.Ip);

    private static void Run(vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        NodeSupport.TraceHeaders(node, frame);
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
        {
            vlib_buffer_t* buffer = BufferPool.Get(vectors[i]);
            dpo_id_t dpo = *LoadBalances.Bucket(FibTable.Lookup(T.Destination(BufferPool.CurrentSpan(buffer))));
            NodeSupport.TxAdjacency(buffer) = dpo.dpoi_index;
            Dispatcher.Enqueue(node, vectors[i], dpo.dpoi_next_node);
        }
    }
}
