using System.Buffers.Binary;
using KubeProxy.Host.Dpo;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>ip4-rewrite and ip6-rewrite: one hop less, the Ethernet header of the adjacency in front, out of its interface.</summary>
internal static unsafe class IpRewrite<T>
    where T : struct, IIpFamily
{
    private const int HopsExceeded = 0;
    private const int MtuExceeded = 1;

    internal static void Register() => Graph.RegisterHost(
        T.RewriteNode, &Run, [NodeSupport.DropNode], ["ttl or hop limit exceeded", "packet longer than the interface's mtu"], TraceText.Ethernet);

    private static void Run(vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
            Rewrite(node, vectors[i], BufferPool.Get(vectors[i]));
        NodeSupport.TraceHeaders(node, frame);
    }

    private static void Rewrite(vlib_node_runtime_t* node, uint index, vlib_buffer_t* buffer)
    {
        Adjacency adjacency = Adjacencies.Get(NodeSupport.TxAdjacency(buffer));
        Span<byte> packet = BufferPool.CurrentSpan(buffer);
        bool isOwn = (buffer->flags & Vpp.VNET_BUFFER_F_LOCALLY_ORIGINATED) != 0;
        if (!isOwn && !T.TryDecrementHops(packet))
        {
            NodeSupport.Drop(node, index, HopsExceeded);
            return;
        }
        if (T.LengthBytes(packet) > adjacency.Interface.Mtu)
        {
            NodeSupport.Drop(node, index, MtuExceeded);
            return;
        }
        BufferPool.Advance(buffer, -EthernetInput.HeaderBytes);
        WriteHeader(BufferPool.CurrentSpan(buffer), adjacency.Mac ?? default, adjacency.Interface.Mac, T.EtherType);
        NodeSupport.TxInterface(buffer) = adjacency.Interface.SwIfIndex;
        Dispatcher.Enqueue(node, index, adjacency.RewriteNext);
    }

    internal static void WriteHeader(Span<byte> frame, MacAddress destination, MacAddress source, ushort etherType)
    {
        destination.Write(frame);
        source.Write(frame[MacAddress.Length..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[(2 * MacAddress.Length)..], etherType);
    }
}
