using System.Buffers.Binary;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;
using KubeProxy.Interop;

namespace KubeProxy.Host.Nodes;

/// <summary>Makes the packets of address resolution and sends them out of an interface.</summary>
internal static unsafe class Resolution
{
    internal static bool TryAsk(Interface itf, IpAddr target)
    {
        if (itf.SourceFor(target) is not { } source || !itf.IsUp)
            return false;
        if (target.IsIp6)
        {
            Span<byte> packet = stackalloc byte[NeighborDiscovery.PacketBytes];
            NeighborDiscovery.WriteSolicitation(packet, source, target, itf.Mac);
            return TrySend(itf, MacAddress.ForIp6Group(target.SolicitedNode()), EthernetInput.TypeIp6, packet);
        }
        return TrySend(itf, MacAddress.Broadcast, new ArpPacket(ArpPacket.Request, itf.Mac, source, default, target));
    }

    internal static bool TrySend(Interface itf, MacAddress destination, ArpPacket arp)
    {
        Span<byte> packet = stackalloc byte[ArpPacket.Length];
        arp.Write(packet);
        return TrySend(itf, destination, EthernetInput.TypeArp, packet);
    }

    internal static bool TrySend(Interface itf, MacAddress destination, ushort etherType, ReadOnlySpan<byte> packet)
    {
        if (!BufferPool.TryAllocate(out uint index))
            return false;
        vlib_buffer_t* buffer = BufferPool.Get(index);
        buffer->current_length = (ushort)(EthernetInput.HeaderBytes + packet.Length);
        buffer->flags |= Vpp.VNET_BUFFER_F_LOCALLY_ORIGINATED;
        Span<byte> frame = BufferPool.CurrentSpan(buffer);
        destination.Write(frame);
        itf.Mac.Write(frame[MacAddress.Length..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[(2 * MacAddress.Length)..], etherType);
        packet.CopyTo(frame[EthernetInput.HeaderBytes..]);
        NodeSupport.RxInterface(buffer) = 0;
        NodeSupport.TxInterface(buffer) = itf.SwIfIndex;
        Dispatcher.EnqueueToNode(itf.OutputNode.Index, index, traced: false);
        return true;
    }
}
