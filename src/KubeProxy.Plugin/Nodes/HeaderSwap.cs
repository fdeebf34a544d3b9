using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Translation;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Between VPP's buffers and packets whose header is to become one of the other family.</summary>
internal static unsafe class HeaderSwap
{
    /// <summary>Headroom kept for what encapsulations and the link put in front.</summary>
    private const int ReservedBytes = 64;

    /// <summary>Of Ethernet; all that is asked of it is its first byte.</summary>
    private const int LinkHeaderBytes = 14;

    private const uint TransportChecksums =
        (uint)(vnet_buffer_oflags_t.VNET_BUFFER_OFFLOAD_F_TCP_CKSUM | vnet_buffer_oflags_t.VNET_BUFFER_OFFLOAD_F_UDP_CKSUM);

    private const uint FamilyFlags = Vpp.VNET_BUFFER_F_IS_IP4 | Vpp.VNET_BUFFER_F_IS_IP6;

    /// <summary>The packet in a buffer.</summary>
    public static void Describe(vlib_buffer_t* buffer, TranslatablePacket* packet)
    {
        uint flags = buffer->flags;
        *packet = new TranslatablePacket
        {
            Start = Vlib.vlib_buffer_get_current(buffer),
            AvailableBytes = buffer->current_length,
            HeadroomBytes = (uint)Math.Max(0, Vpp.VLIB_BUFFER_PRE_DATA_SIZE + buffer->current_data - ReservedBytes),
            IsChained = (flags & Vpp.VLIB_BUFFER_NEXT_PRESENT) != 0,
            IsChecksumUnfinished = (flags & Vpp.VNET_BUFFER_F_OFFLOAD) != 0 && (Vnet.vnet_buffer(buffer)->oflags & TransportChecksums) != 0,
            IsSegmented = (flags & Vpp.VNET_BUFFER_F_GSO) != 0,
        };
    }

    /// <summary>
    /// A header that grows lies over the link's, of which a refusal asks whether it came to a group: that moves to the start of the headroom, which no
    /// packet reaches.
    /// </summary>
    public static void KeepLinkHeader(vlib_buffer_t* buffer)
    {
        const short StartOfHeadroom = -Vpp.VLIB_BUFFER_PRE_DATA_SIZE;
        if ((buffer->flags & Vpp.VNET_BUFFER_F_L2_HDR_OFFSET_VALID) == 0) return;
        vnet_buffer_opaque_t* opaque = Vnet.vnet_buffer(buffer);
        byte* data = (byte*)buffer + vlib_buffer_t.data_offset;
        Buffer.MemoryCopy(data + opaque->l2_hdr_offset, data + StartOfHeadroom, LinkHeaderBytes, LinkHeaderBytes);
        opaque->l2_hdr_offset = StartOfHeadroom;
    }

    /// <summary>
    /// The buffer holds the packet as it is now. What a device is to do with it later it does by the header that is there; the IPv4
    /// checksum is written already.
    /// </summary>
    public static void Apply(vlib_buffer_t* buffer, TranslatablePacket* packet)
    {
        long forward = packet->Start - (byte*)Vlib.vlib_buffer_get_current(buffer);
        buffer->current_data = (short)(buffer->current_data + forward);
        buffer->current_length = (ushort)packet->AvailableBytes;
        vnet_buffer_opaque_t* opaque = Vnet.vnet_buffer(buffer);
        opaque->l3_hdr_offset = buffer->current_data;
        if ((buffer->flags & FamilyFlags) != 0)
        {
            bool isIp4 = IsIp4(buffer);
            buffer->flags = (buffer->flags & ~FamilyFlags) | (isIp4 ? Vpp.VNET_BUFFER_F_IS_IP4 : Vpp.VNET_BUFFER_F_IS_IP6);
        }

        if ((buffer->flags & Vpp.VNET_BUFFER_F_OFFLOAD) == 0) return;
        opaque->oflags = (byte)(opaque->oflags & ~(byte)vnet_buffer_oflags_t.VNET_BUFFER_OFFLOAD_F_IP_CKSUM);
        if (opaque->oflags == 0) buffer->flags &= ~Vpp.VNET_BUFFER_F_OFFLOAD;
    }

    /// <summary>True when the packet in a buffer has a header of IPv4, false when it has one of IPv6.</summary>
    public static bool IsIp4(vlib_buffer_t* buffer) => Vlib.vlib_buffer_get_current(buffer)[0] >> 4 == 4;

    /// <summary>Makes the IPv6 packet in a buffer an IPv4 one; the answer says whether it is.</summary>
    public static Outcome ToIp4(PluginThread* thread, vlib_buffer_t* buffer)
    {
        TranslatablePacket packet;
        Describe(buffer, &packet);
        Worker* worker = &thread->Worker;
        Outcome outcome = Ip6HeaderChain.Strip(&packet);
        if (outcome != Outcome.Translated) return outcome;
        outcome = Ip6ToIp4.Translate(&packet, &worker->Shared->Translation.Prefix, Nat64Path.NextIdentification(worker));
        if (outcome == Outcome.Translated) Apply(buffer, &packet);
        return outcome;
    }
}
