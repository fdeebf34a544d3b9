using System.Runtime.CompilerServices;
using KubeProxy.Core.Pipeline;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// Packets of which the first buffer does not tell the whole length: those in several buffers, and those that are cut into segments before they leave (GSO).
/// One look at all flags of a batch finds out whether there are any.
/// </summary>
internal static unsafe class SpecialPackets
{
    /// <summary>A packet with one of these flags is special.</summary>
    public const uint Flags = Vpp.VLIB_BUFFER_NEXT_PRESENT | Vpp.VNET_BUFFER_F_GSO;

    /// <summary>Tells the pipeline about the special packets among the frame's first <paramref name="count"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Describe(vlib_main_t* vm, uint count, WorkerFrame* frame)
    {
        PacketBatch* batch = &frame->Batch;
        for (uint i = 0; i < count; i++)
        {
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            if ((buffer->flags & Flags) == 0) continue;
            batch->Special |= 1UL << (int)i;
            batch->TotalBytes[i] = Vlib.vlib_buffer_length_in_chain(vm, buffer);
            batch->PieceBytes[i] = (buffer->flags & Vpp.VNET_BUFFER_F_GSO) == 0 ? 0 : SegmentBytes(buffer);
        }
    }

    /// <summary>IP length of the longest segment that VPP or the device will cut, as <c>gso_mtu_sz</c> of vnet/buffer.h has it without a tunnel.</summary>
    private static uint SegmentBytes(vlib_buffer_t* buffer)
    {
        vnet_buffer_opaque2_t* gso = Vnet.vnet_buffer2(buffer);
        vnet_buffer_opaque_t* opaque = Vnet.vnet_buffer(buffer);
        return (uint)(gso->gso_size + gso->gso_l4_hdr_sz + opaque->l4_hdr_offset - opaque->l3_hdr_offset);
    }
}
