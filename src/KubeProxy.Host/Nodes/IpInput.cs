using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>ip4-input and ip6-input: checks the header and starts the feature arc of the receiving interface.</summary>
internal static unsafe class IpInput<T>
    where T : struct, IIpFamily
{
    internal static readonly ErrorReason[] Reasons =
    [
        "packet shorter than its header",
        "wrong version",
        "length does not fit the packet",
        "bad header checksum",
        "not enabled on the interface",
        "multicast or broadcast",
    ];

    private const uint LookupNext = 1;
    private const uint LocalNext = 2;

    private static FeatureArc _arc = null!;

    internal static void Register()
    {
        Graph.RegisterHost(T.InputNode, &Run, [NodeSupport.DropNode, T.LookupNode, T.ReceiveNode], Reasons, TraceText.Ip);
        _arc = FeatureArcs.Add(T.ArcName, T.InputNode, T.LookupNode);
    }

    private static void Run(vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        NodeSupport.TraceHeaders(node, frame);
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
            Receive(node, vectors[i]);
    }

    private static void Receive(vlib_node_runtime_t* node, uint index)
    {
        vlib_buffer_t* buffer = BufferPool.Get(index);
        ReadOnlySpan<byte> packet = BufferPool.CurrentSpan(buffer);
        Interface itf = Interfaces.Get(NodeSupport.RxInterface(buffer));
        IpInputError? error = itf.HasFamily(T.IsIp6) ? T.Check(packet, BufferPool.TotalLength(buffer)) : IpInputError.NotEnabled;
        if (error is { } reason)
        {
            NodeSupport.Drop(node, index, (int)reason);
            return;
        }
        uint next = LookupNext;
        IpAddr destination = T.Destination(packet);
        if (T.IsIp6 && (destination.IsMulticast || destination.IsLinkLocal))
        {
            next = LocalNext;
            NodeSupport.TxAdjacency(buffer) = itf.SwIfIndex;
        }
        else
        {
            _arc.Start(itf.SwIfIndex, buffer, ref next);
        }

        Dispatcher.Enqueue(node, index, next);
    }
}
