using System.Buffers.Binary;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>Takes the Ethernet header off and sorts by type.</summary>
internal static unsafe class EthernetInput
{
    internal const string Name = "ethernet-input";
    internal const int HeaderBytes = 14;
    internal const ushort TypeIp4 = 0x0800;
    internal const ushort TypeArp = 0x0806;
    internal const ushort TypeIp6 = 0x86dd;

    private const uint Ip4Next = 1;
    private const uint Ip6Next = 2;
    private const uint ArpNext = 3;
    private const int TooShort = 0;
    private const int UnknownType = 1;
    private const int WrongMac = 2;
    private const int InterfaceDown = 3;

    internal static void Register() => Graph.RegisterHost(
        Name,
        &Run,
        [NodeSupport.DropNode, "ip4-input", "ip6-input", "arp-input"],
        ["frame too short", "unknown ethernet type", "l3 mac mismatch", "interface is down"],
        TraceText.Ethernet);

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
        Span<byte> bytes = BufferPool.CurrentSpan(buffer);
        Interface itf = Interfaces.Get(NodeSupport.RxInterface(buffer));
        if (Check(itf, bytes) is { } reason)
        {
            NodeSupport.Drop(node, index, reason);
            return;
        }
        uint next = BinaryPrimitives.ReadUInt16BigEndian(bytes[12..]) switch
        {
            TypeIp4 => Ip4Next,
            TypeIp6 => Ip6Next,
            TypeArp => ArpNext,
            _ => NodeSupport.DropNext,
        };
        if (next == NodeSupport.DropNext)
        {
            NodeSupport.Drop(node, index, UnknownType);
            return;
        }
        vnet_buffer_opaque_t* opaque = BufferPool.Opaque(buffer);
        opaque->l2_hdr_offset = buffer->current_data;
        opaque->l3_hdr_offset = (short)(buffer->current_data + HeaderBytes);
        buffer->flags |= Vpp.VNET_BUFFER_F_L2_HDR_OFFSET_VALID | Vpp.VNET_BUFFER_F_L3_HDR_OFFSET_VALID;
        BufferPool.Advance(buffer, HeaderBytes);
        Dispatcher.Enqueue(node, index, next);
    }

    private static int? Check(Interface itf, ReadOnlySpan<byte> frame)
    {
        if (!itf.IsUp)
            return InterfaceDown;
        if (frame.Length < HeaderBytes)
            return TooShort;
        MacAddress destination = MacAddress.Read(frame);
        return destination == itf.Mac || destination.IsMulticast ? null : WrongMac;
    }
}
