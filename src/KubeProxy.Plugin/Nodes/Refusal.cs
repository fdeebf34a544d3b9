using System.Runtime.CompilerServices;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Translation;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// What the forward nodes do with packets that were not translated. One that nobody serves or that cannot go on, or an echo request, becomes an
/// answer in its own buffer and leaves by the look-up, as a packet of this host; the others are dropped.
/// </summary>
internal static unsafe class Refusal
{
    /// <summary>Headroom kept for what encapsulations and the link put in front of an answer.</summary>
    private const int ReservedBytes = 64;

    /// <summary>What was true of the packet and is not of its answer.</summary>
    private const uint StaleFlags = Vpp.VNET_BUFFER_F_OFFLOAD | Vpp.VNET_BUFFER_F_GSO
        | Vpp.VNET_BUFFER_F_L4_CHECKSUM_COMPUTED | Vpp.VNET_BUFFER_F_L4_CHECKSUM_CORRECT
        | Vpp.VNET_BUFFER_F_L2_HDR_OFFSET_VALID | Vpp.VNET_BUFFER_F_L3_HDR_OFFSET_VALID | Vpp.VNET_BUFFER_F_L4_HDR_OFFSET_VALID;

    /// <summary>The flags of a packet that goes on in other buffers.</summary>
    private const uint ChainFlags = Vpp.VLIB_BUFFER_NEXT_PRESENT | Vpp.VLIB_BUFFER_TOTAL_LENGTH_VALID;

    private const uint CheckedFlags = Vpp.VNET_BUFFER_F_L4_CHECKSUM_COMPUTED | Vpp.VNET_BUFFER_F_L4_CHECKSUM_CORRECT;
    private const uint UnfinishedChecksum =
        (uint)(vnet_buffer_oflags_t.VNET_BUFFER_OFFLOAD_F_TCP_CKSUM | vnet_buffer_oflags_t.VNET_BUFFER_OFFLOAD_F_UDP_CKSUM);

    /// <summary>True for the reasons that a client is told of, and for what it asked of this host.</summary>
    public static bool IsAnswered(Outcome outcome) =>
        outcome is Outcome.NoPod or Outcome.UnknownPort or Outcome.NoSourcePort or Outcome.EchoRequest or Outcome.NoHopLeft or Outcome.TooLong
            or Outcome.HiddenHeader or Outcome.OpenRoute or Outcome.NoUdpChecksum;

    /// <summary>Sees to the packet at place <paramref name="i"/> of the batch, which was not translated; answers its next.</summary>
    /// <typeparam name="TReject">IP family.</typeparam>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ushort NextOf<TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, uint i)
        where TReject : struct, IRejectFamily
    {
        PacketBatch* batch = &thread->Frame->Batch;
        vlib_buffer_t* buffer = (vlib_buffer_t*)thread->Frame->Buffer[i];
        if (LoopGuard.IsOver(buffer->flags)) batch->Outcome[i] = (byte)Outcome.Loop;
        if (IsAnswered((Outcome)batch->Outcome[i])) return Answer<TReject>(vm, node, thread, i);
        if (batch->Outcome[i] == (byte)Outcome.Fragment && TryDivert<TReject>(thread->Frame, i)) return NodeRegistration.NextReassembly;
        buffer->error = node->errors[batch->Outcome[i]];
        return NodeRegistration.NextDrop;
    }

    /// <summary>Sends a fragment of a TCP segment or UDP datagram where its ports are found out; false for every other one.</summary>
    private static bool TryDivert<TReject>(WorkerFrame* frame, uint i)
        where TReject : struct, IRejectFamily
    {
        bool isIp6 = typeof(TReject) == typeof(Ip6Reject);
        byte* packet = (byte*)frame->Batch.Packet[i];
        uint available = frame->Batch.Available[i];
        Fragment fragment;
        bool isRead = isIp6 ? Ip6Family.TryReadFragment(packet, available, &fragment) : Ip4Family.TryReadFragment(packet, available, &fragment);
        frame->Diverted[i] = isRead && Reassembly.IsThere ? (byte)1 : (byte)0;
        if (frame->Diverted[i] == 0) return false;
        Reassembly.DivertForward((vlib_buffer_t*)frame->Buffer[i], isIp6);
        return true;
    }

    /// <summary>
    /// Counts the reason, and what becomes of the packet: an answer here, a drop where drops are counted. What only an IPv4 packet can be
    /// refused for leaves its header as it came, in a node of IPv6's pods too.
    /// </summary>
    private static ushort Answer<TReject>(vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, uint i)
        where TReject : struct, IRejectFamily
    {
        WorkerFrame* frame = thread->Frame;
        vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
        RejectPacket packet = Describe(buffer);
        packet.IsFromReserved = typeof(TReject) == typeof(Ip6Reject) && frame->Batch.Outcome[i] is not ((byte)Outcome.OpenRoute or (byte)Outcome.NoUdpChecksum)
            && Nat46Path.IsFromReserved(&thread->Worker.Shared->Translation.Prefix, packet.Start);
        bool isEcho = frame->Batch.Outcome[i] == (byte)Outcome.EchoRequest;
        double nowSeconds = Vlib.vlib_time_last_node_dispatch(vm);
        RejectAnswer answer = (Outcome)frame->Batch.Outcome[i] switch
        {
            Outcome.EchoRequest => Echo<TReject>.Answer(&packet, &thread->EchoLimit, nowSeconds),
            Outcome.NoHopLeft or Outcome.TooLong or Outcome.HiddenHeader => RouterErrors.Answer<TReject>(thread, i, &packet, nowSeconds),
            Outcome.OpenRoute or Outcome.NoUdpChecksum => RouterErrors.Answer<Ip4Reject>(thread, i, &packet, nowSeconds),
            _ => Reject<TReject>.Answer(&packet, &thread->RejectLimit, nowSeconds),
        };
        frame->Rejection[i] = (byte)answer.Rejection;
        uint place = DropCounters.PlaceOf(answer.Rejection);
        Vlib.vlib_node_increment_counter(vm, node->node_index, frame->Batch.Outcome[i], 1);
        if (!answer.IsAnswered)
        {
            buffer->error = node->errors[place];
            return NodeRegistration.NextDrop;
        }

        Vlib.vlib_node_increment_counter(vm, node->node_index, place, 1);
        if (packet.IsChained && !isEcho) CutChain(vm, node, frame, buffer);
        MakeOwn(buffer, answer);
        return NodeRegistration.NextLookup;
    }

    private static RejectPacket Describe(vlib_buffer_t* buffer)
    {
        uint flags = buffer->flags;
        bool isUnfinished = (flags & Vpp.VNET_BUFFER_F_OFFLOAD) != 0 && (Vnet.vnet_buffer(buffer)->oflags & UnfinishedChecksum) != 0;
        return new RejectPacket
        {
            Start = Vlib.vlib_buffer_get_current(buffer),
            AvailableBytes = buffer->current_length,
            HeadroomBytes = (uint)Math.Max(0, Vpp.VLIB_BUFFER_PRE_DATA_SIZE + buffer->current_data - ReservedBytes),
            IsChained = (flags & Vpp.VLIB_BUFFER_NEXT_PRESENT) != 0,
            IsChecksumSettled = isUnfinished || (flags & CheckedFlags) == CheckedFlags,
            IsLinkBroadcast = (flags & Vpp.VNET_BUFFER_F_L2_HDR_OFFSET_VALID) != 0 && IsGroupAddress(buffer),
        };
    }

    /// <summary>The first byte of an Ethernet header is the destination's; its lowest bit marks a group (IEEE 802.3).</summary>
    private static bool IsGroupAddress(vlib_buffer_t* buffer) =>
        ((byte*)buffer + vlib_buffer_t.data_offset)[Vnet.vnet_buffer(buffer)->l2_hdr_offset] % 2 != 0;

    /// <summary>
    /// The answer fits the first buffer. The rest of a chain goes to the drop, which is where buffers are given back, under a
    /// counter of its own.
    /// </summary>
    private static void CutChain(vlib_main_t* vm, vlib_node_runtime_t* node, WorkerFrame* frame, vlib_buffer_t* buffer)
    {
        vlib_buffer_t* rest = Vlib.vlib_get_buffer(vm, buffer->next_buffer);
        Vnet.vnet_buffer(rest)->sw_if_index[(int)vlib_rx_or_tx_t.VLIB_RX] = Vnet.vnet_buffer(buffer)->sw_if_index[(int)vlib_rx_or_tx_t.VLIB_RX];
        rest->flags &= ~Vpp.VLIB_BUFFER_IS_TRACED;
        rest->error = node->errors[DropCounters.PlaceOfRest];
        frame->Surplus[0] = buffer->next_buffer;
        Vlib.vlib_buffer_enqueue_to_single_next(VppProcess.Imports->BufferFunctions, vm, node, frame->Surplus, NodeRegistration.NextDrop, 1);
        buffer->flags &= ~ChainFlags;
    }

    /// <summary>The buffer holds a packet that this host sends: looked up in the table of the interface that the client came in by, and not one hop older.</summary>
    private static void MakeOwn(vlib_buffer_t* buffer, RejectAnswer answer)
    {
        buffer->current_data = (short)(buffer->current_data + answer.OffsetBytes);
        buffer->current_length = (ushort)answer.LengthBytes;
        buffer->flags = ((buffer->flags & ~StaleFlags) | Vpp.VNET_BUFFER_F_LOCALLY_ORIGINATED) + LoopGuard.Round;
        Vnet.vnet_buffer(buffer)->oflags = 0;
        Vnet.vnet_buffer(buffer)->sw_if_index[(int)vlib_rx_or_tx_t.VLIB_TX] = uint.MaxValue;
    }
}
