using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>Answers requests for own addresses, learns from requests and answers that are meant for us.</summary>
internal static unsafe class ArpInput
{
    private const int Malformed = 0;
    private const int NotForUs = 1;
    private const int Answered = 2;
    private const int Learned = 3;

    internal static void Register() => Graph.RegisterHost(
        "arp-input",
        &Run,
        [NodeSupport.DropNode],
        ["malformed ARP packet", "ARP not for a local address", ErrorReason.Info("ARP requests answered"), ErrorReason.Info("ARP replies received")],
        Describe);

    private static string Describe(ReadOnlySpan<byte> data) =>
        ArpPacket.TryParse(data, out ArpPacket arp) ? $"operation {arp.Operation}: {arp.SenderAddress} asks for {arp.TargetAddress}" : "malformed";

    private static void Run(vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        NodeSupport.TraceHeaders(node, frame);
        uint* vectors = Dispatcher.Vectors(frame);
        for (int i = 0; i < frame->n_vectors; i++)
        {
            vlib_buffer_t* buffer = BufferPool.Get(vectors[i]);
            int outcome = Receive(Interfaces.Get(NodeSupport.RxInterface(buffer)), BufferPool.CurrentSpan(buffer));
            NodeSupport.Drop(node, vectors[i], outcome);
        }
    }

    private static int Receive(Interface itf, ReadOnlySpan<byte> packet)
    {
        if (!ArpPacket.TryParse(packet, out ArpPacket arp) || arp.Operation is not (ArpPacket.Request or ArpPacket.Reply))
            return Malformed;
        if (!itf.Owns(arp.TargetAddress))
            return NotForUs;
        Neighbours.Learn(itf, arp.SenderAddress, arp.SenderMac);
        if (arp.Operation == ArpPacket.Reply)
            return Learned;
        Resolution.TrySend(itf, arp.SenderMac, arp.Answer(itf.Mac));
        return Answered;
    }
}
