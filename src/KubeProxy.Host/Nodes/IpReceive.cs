using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>
/// ip4-receive and ip6-receive: packets for the host itself. They start the arc of local packets; what has passed it comes to
/// the end node, and what finds no feature on it stays here. The host serves neighbour discovery and nothing else.
/// </summary>
internal static unsafe class IpReceive<T>
    where T : struct, IIpFamily
{
    private const int NobodyListens = 0;
    private const int Solicited = 1;
    private const int Learned = 2;
    private const int Multicast = 3;
    private const uint NoFeature = uint.MaxValue;

    private static FeatureArc _arc = null!;
    private static GraphNode _receive = null!;

    internal static void Register()
    {
        _receive = Graph.RegisterHost(
            T.ReceiveNode,
            &Run,
            [NodeSupport.DropNode],
            [
                "local packet that nobody listens to",
                ErrorReason.Info("neighbor solicitations answered"),
                ErrorReason.Info("neighbor advertisements received"),
                ErrorReason.Info("multicast that nobody listens to"),
            ],
            TraceText.Ip);
        Graph.RegisterHost(T.LocalEndNode, &RunEnd, [NodeSupport.DropNode], [], TraceText.Ip);
        _arc = FeatureArcs.Add(T.LocalArcName, T.ReceiveNode, T.LocalEndNode);
    }

    private static void Run(vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        NodeSupport.TraceHeaders(node, frame);
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
        {
            vlib_buffer_t* buffer = BufferPool.Get(vectors[i]);
            uint next = NoFeature;
            ref uint rxSwIfIndex = ref BufferPool.Opaque(buffer)->ip.rx_sw_if_index;
            rxSwIfIndex = NodeSupport.TxAdjacency(buffer);
            _arc.Start(rxSwIfIndex, buffer, ref next);
            if (next == NoFeature)
                Deliver(node, vectors[i]);
            else
                Dispatcher.Enqueue(node, vectors[i], next);
        }
    }

    private static void RunEnd(vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        NodeSupport.TraceHeaders(node, frame);
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
            Deliver(node, vectors[i]);
    }

    /// <summary>Wherever it happens, it counts under the receive node, as in VPP.</summary>
    private static void Deliver(vlib_node_runtime_t* node, uint index)
    {
        vlib_buffer_t* buffer = BufferPool.Get(index);
        ReadOnlySpan<byte> packet = BufferPool.CurrentSpan(buffer);
        int outcome = T.Destination(packet).IsMulticast ? Multicast : NobodyListens;
        if (T.IsIp6 && NeighborDiscovery.TryParse(packet, out NdMessage message))
            outcome = Discover(Interfaces.Get(NodeSupport.RxInterface(buffer)), message) ?? outcome;
        buffer->error = _receive.Runtime->errors[outcome];
        Dispatcher.Enqueue(node, index, NodeSupport.DropNext);
    }

    /// <summary>Null for a question about somebody else, such as a neighbour's duplicate address detection.</summary>
    private static int? Discover(Interface itf, NdMessage message)
    {
        if (message.Type == NeighborDiscovery.Advertisement)
        {
            if (message.LinkAddress is { } target)
                Neighbours.Learn(itf, message.Target, target);
            return Learned;
        }
        if (!itf.Owns(message.Target))
            return null;
        if (message.LinkAddress is { } source && !message.Source.IsZero)
            Neighbours.Learn(itf, message.Source, source);
        Span<byte> answer = stackalloc byte[NeighborDiscovery.PacketBytes];
        NeighborDiscovery.WriteAdvertisement(answer, message, itf.Mac);
        IpAddr destination = IpAddr.FromWire6(answer[24..]);
        MacAddress mac = destination.IsMulticast ? MacAddress.ForIp6Group(destination) : message.LinkAddress ?? MacAddress.ForIp6Group(destination);
        Resolution.TrySend(itf, mac, EthernetInput.TypeIp6, answer);
        return Solicited;
    }
}
