using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>ip4-receive and ip6-receive: packets for the host itself. It serves neighbour discovery and nothing else.</summary>
internal static unsafe class IpReceive<T>
    where T : struct, IIpFamily
{
    private const int NobodyListens = 0;
    private const int Solicited = 1;
    private const int Learned = 2;
    private const int Multicast = 3;

    internal static void Register() => Graph.RegisterHost(
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

    private static void Run(vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        NodeSupport.TraceHeaders(node, frame);
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
        {
            vlib_buffer_t* buffer = BufferPool.Get(vectors[i]);
            int outcome = T.Destination(BufferPool.CurrentSpan(buffer)).IsMulticast ? Multicast : NobodyListens;
            if (T.IsIp6 && NeighborDiscovery.TryParse(BufferPool.CurrentSpan(buffer), out NdMessage message))
                outcome = Discover(Interfaces.Get(NodeSupport.RxInterface(buffer)), message) ?? outcome;
            NodeSupport.Drop(node, vectors[i], outcome);
        }
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
