using KubeProxy.Host.Dpo;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>
/// Packets whose next hop's station address is not known yet: ip4-arp and ip6-discover-neighbor (one next hop), ip4-glean and
/// ip6-glean (a destination of a connected subnet). The neighbour is asked for, the packet is dropped, as VPP does.
/// </summary>
internal static unsafe class IpUnresolved<T>
    where T : struct, IIpFamily
{
    private const double SecondsBetweenRequests = 0.001;
    private const int Asked = 0;
    private const int Throttled = 1;
    private const int NotAsked = 2;

    private static readonly ErrorReason[] Reasons =
        T.IsIp6
            ? [ErrorReason.Info("neighbor solicitations sent"), "neighbor solicitations throttled", "no address to solicit from"]
            : [ErrorReason.Info("ARP requests sent"), "ARP requests throttled", "no address to ask from"];

    internal static void Register()
    {
        Graph.RegisterHost(T.IncompleteNode, &RunIncomplete, [NodeSupport.DropNode], Reasons, TraceText.Ip);
        Graph.RegisterHost(T.GleanNode, &RunGlean, [NodeSupport.DropNode], Reasons, TraceText.Ip);
    }

    private static void RunIncomplete(vlib_node_runtime_t* node, vlib_frame_t* frame) => Run(node, frame, isGlean: false);

    private static void RunGlean(vlib_node_runtime_t* node, vlib_frame_t* frame) => Run(node, frame, isGlean: true);

    private static void Run(vlib_node_runtime_t* node, vlib_frame_t* frame, bool isGlean)
    {
        NodeSupport.TraceHeaders(node, frame);
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
        {
            vlib_buffer_t* buffer = BufferPool.Get(vectors[i]);
            Adjacency adjacency = Adjacencies.Get(NodeSupport.TxAdjacency(buffer));
            IpAddr target = isGlean ? T.Destination(BufferPool.CurrentSpan(buffer)) : adjacency.NextHop;
            // A glean stands for many neighbours: the throttle is that of the neighbour's own adjacency.
            NodeSupport.Drop(node, vectors[i], Ask(isGlean ? Adjacencies.FindOrAdd(target, adjacency.Interface) : adjacency));
        }
    }

    private static int Ask(Adjacency adjacency)
    {
        double now = MainThread.Now;
        if (now - adjacency.LastSolicited < SecondsBetweenRequests)
            return Throttled;
        adjacency.LastSolicited = now;
        return Resolution.TryAsk(adjacency.Interface, adjacency.NextHop) ? Asked : NotAsked;
    }
}
