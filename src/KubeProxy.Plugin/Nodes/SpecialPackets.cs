using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// Packets that are not what their first buffer says: those in several buffers, those that are cut before they leave (GSO, and what this host itself sends), those
/// whose checksums are filled in when they leave, and those that have been here before (<see cref="LoopGuard"/>). One look at all flags of a batch finds out whether there are any.
/// </summary>
internal static unsafe class SpecialPackets
{
    /// <summary>A packet with one of these flags is special.</summary>
    public const uint Flags = LengthFlags | Vpp.VNET_BUFFER_F_OFFLOAD | LoopGuard.Rounds;

    private const uint LengthFlags = Vpp.VLIB_BUFFER_NEXT_PRESENT | Vpp.VNET_BUFFER_F_GSO | Vpp.VNET_BUFFER_F_LOCALLY_ORIGINATED;

    /// <summary>Length that every way takes: VPP cuts what this host itself sends, IPv6 too.</summary>
    private const uint CutAsNeeded = 1;

    private const ushort AnyChecksum = ushort.MaxValue;

    /// <summary>Tells the pipeline about the special packets among the frame's first <paramref name="count"/>.</summary>
    /// <typeparam name="TDirection">Direction of the traffic: only the forward nodes count rounds.</typeparam>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Describe<TDirection>(vlib_main_t* vm, uint count, WorkerFrame* frame)
        where TDirection : struct, IDirection
    {
        PacketBatch* batch = &frame->Batch;
        for (uint i = 0; i < count; i++)
        {
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            if (TDirection.IsForward && LoopGuard.IsOver(buffer->flags)) batch->Available[i] = LoopGuard.NothingAvailable;
            if ((buffer->flags & Vpp.VNET_BUFFER_F_OFFLOAD) != 0) GiveChecksum(buffer, (byte*)batch->Packet[i], batch->Available[i]);
            if ((buffer->flags & LengthFlags) == 0) continue;
            batch->Special |= 1UL << (int)i;
            batch->TotalBytes[i] = Vlib.vlib_buffer_length_in_chain(vm, buffer);
            batch->PieceBytes[i] = PieceBytes(buffer);
        }
    }

    /// <summary>
    /// While the flag is set, what stands in the place of a checksum means nothing: every output of VPP computes it anew, or begins anew with the
    /// pseudo header. So a UDP checksum over IPv6 may be 0 there, which otherwise nobody may send (RFC 8200 section 8.1): it becomes another value, and the
    /// packet one like any other.
    /// </summary>
    private static void GiveChecksum(vlib_buffer_t* buffer, byte* packet, uint available)
    {
        bool isLeftOpen = (Vnet.vnet_buffer(buffer)->oflags & (uint)vnet_buffer_oflags_t.VNET_BUFFER_OFFLOAD_F_UDP_CKSUM) != 0;
        if (!isLeftOpen || available < Ip6Header.SizeBytes + L4Header.UdpBytes || packet[0] >> 4 != 6) return;
        L4Header* l4 = (L4Header*)(packet + Ip6Header.SizeBytes);
        if (((Ip6Header*)packet)->NextHeader == IpProtocol.Udp && l4->UdpChecksum == 0) l4->UdpChecksum = AnyChecksum;
    }

    private static uint PieceBytes(vlib_buffer_t* buffer)
    {
        if ((buffer->flags & Vpp.VNET_BUFFER_F_GSO) != 0) return SegmentBytes(buffer);
        return (buffer->flags & Vpp.VNET_BUFFER_F_LOCALLY_ORIGINATED) != 0 ? CutAsNeeded : 0;
    }

    /// <summary>IP length of the longest segment that VPP or the device will cut, as <c>gso_mtu_sz</c> of vnet/buffer.h has it without a tunnel.</summary>
    private static uint SegmentBytes(vlib_buffer_t* buffer)
    {
        vnet_buffer_opaque2_t* gso = Vnet.vnet_buffer2(buffer);
        vnet_buffer_opaque_t* opaque = Vnet.vnet_buffer(buffer);
        return (uint)(gso->gso_size + gso->gso_l4_hdr_sz + opaque->l4_hdr_offset - opaque->l3_hdr_offset);
    }
}
