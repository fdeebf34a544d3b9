using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Translation;
using KubeProxy.Interop;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// Answers of pods to clients of the other family. They leave the feature arc for the look-up of the client's family. Only called while there is
/// a VIP whose pods are of another family than its clients.
/// </summary>
internal static unsafe class TranslatedReturn
{
    private const ushort DontFragmentWire = 0x0040;

    /// <summary>From IPv6 pods: the answers that leave with an IPv4 VIP as source become IPv4.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void FinishNat46(PluginThread* thread, uint offset, uint count)
    {
        WorkerFrame* frame = thread->Frame;
        for (uint i = 0; i < count; i++)
        {
            if (frame->Batch.Outcome[i] != (byte)Outcome.Translated) continue;
            vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
            if (!Nat46Path.IsAnswer(Vlib.vlib_buffer_get_current(buffer))) continue;
            bool isTranslated = HeaderSwap.ToIp4(thread, buffer) == Outcome.Translated;
            frame->Next[offset + i] = isTranslated ? ToLookup(buffer) : NodeRegistration.NextDrop;
        }
    }

    /// <summary>
    /// From IPv4 pods: among the packets that no IPv4 session has, those of sessions of IPv6 clients become IPv6 and pass the return path of
    /// IPv6 in a batch of their own.
    /// </summary>
    /// <param name="vm">The thread.</param>
    /// <param name="node">The node.</param>
    /// <param name="thread">Its state.</param>
    /// <param name="offset">Place of the batch's first packet in the frame.</param>
    /// <param name="count">Number of packets.</param>
    /// <param name="areFragments">True when virtual reassembly has told what the first fragments said.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void RunNat64(vlib_main_t* vm, vlib_node_runtime_t* node, PluginThread* thread, uint offset, uint count, bool areFragments)
    {
        WorkerFrame* second = thread->Second;
        uint found = 0;
        for (uint i = 0; i < count; i++)
            if (TryMove(thread, i, found, areFragments)) second->Next[found++] = (ushort)i;
        if (found == 0) return;
        Ip6Flow* leaves = areFragments ? (Ip6Flow*)second->Leaves : null;
        if (!areFragments) ReturnPath<Ip6Family, Ip6Session, Ip6Flow>.Run(&thread->Worker, &second->Batch, found);
        for (uint n = 0; areFragments && n < found; n++)
        {
            FragmentPath<Ip6Family, Ip6Session, Ip6Flow>.Return(
                &thread->Worker, &second->Batch, n, HeaderOf((vlib_buffer_t*)second->Buffer[n]), leaves + n);
        }

        for (uint n = 0; n < found; n++) thread->Frame->Next[offset + second->Next[n]] = NextOf(second, n);
        if ((node->flags & Vpp.VLIB_NODE_FLAG_TRACE) != 0)
            PacketTrace.Record<Ip6Family, Ip6Session, Ip6Flow>(vm, node, second, found, isForward: false, leaves);
    }

    /// <summary>What virtual reassembly has found out about a fragment's datagram.</summary>
    public static DatagramHeader HeaderOf(vlib_buffer_t* buffer)
    {
        vnet_buffer_opaque_t._reass* found = &Vnet.vnet_buffer(buffer)->ip.reass;
        return new DatagramHeader(found->l4_src_port | ((uint)found->l4_dst_port << 16), found->icmp_type_or_tcp_flags);
    }

    private static bool TryMove(PluginThread* thread, uint i, uint to, bool areFragments)
    {
        WorkerFrame* frame = thread->Frame;
        PacketBatch* batch = &frame->Batch;
        if (batch->Outcome[i] is (byte)Outcome.Translated or (byte)Outcome.Fragment) return false;
        vlib_buffer_t* buffer = (vlib_buffer_t*)frame->Buffer[i];
        byte* start = (byte*)batch->Packet[i];
        bool isKnown = areFragments
            ? MappedAnswers.HasFragment(&thread->Worker, start, batch->Available[i], HeaderOf(buffer))
            : MappedAnswers.Has(&thread->Worker, start, batch->Available[i]);
        if (!isKnown) return false;

        TranslatablePacket packet;
        HeaderSwap.Describe(buffer, &packet);
        bool mayFragment = (((Ip4Header*)start)->FragmentWire & DontFragmentWire) == 0 && !packet.IsSegmented;
        Prefix64 mapped = Prefix64.Mapped;
        if (Ip4ToIp6.Translate(&packet, &mapped) != Outcome.Translated) return false;
        HeaderSwap.Apply(buffer, &packet);
        batch->Session[i] = (byte)Core.Pipeline.SessionUse.OtherFamily;
        WorkerFrame* second = thread->Second;
        second->Buffer[to] = (ulong)buffer;
        second->Batch.Packet[to] = (ulong)packet.Start;
        second->Batch.Available[to] = packet.AvailableBytes;
        second->Translation.IsLong[to] = mayFragment && !areFragments ? (byte)1 : (byte)0;
        return true;
    }

    /// <summary>
    /// What IPv4 routers might have fragmented is fragmented here, if it is too long for every IPv6 link. A session that has gone meanwhile leaves
    /// a packet that nobody knows.
    /// </summary>
    private static ushort NextOf(WorkerFrame* second, uint n)
    {
        if (second->Batch.Outcome[n] != (byte)Outcome.Translated) return NodeRegistration.NextDrop;
        vlib_buffer_t* buffer = (vlib_buffer_t*)second->Buffer[n];
        ushort next = ToLookup(buffer);
        bool isLong = second->Translation.IsLong[n] != 0
            && Ip6Header.SizeBytes + (uint)BinaryPrimitives.ReverseEndianness(((Ip6Header*)second->Batch.Packet[n])->PayloadLengthWire) > IcmpMap.LeastMtu6;
        if (!isLong || !TranslationNode.HasFragmentation) return next;
        Vnet.ip_frag_set_vnet_buffer(buffer, (ushort)IcmpMap.LeastMtu6, TranslationNode.FragmentsToLookup6, 0);
        return NodeRegistration.NextReturnFragmentation;
    }

    private static ushort ToLookup(vlib_buffer_t* buffer)
    {
        Vnet.vnet_buffer(buffer)->sw_if_index[(int)vlib_rx_or_tx_t.VLIB_TX] = uint.MaxValue;
        return NodeRegistration.NextReturnLookup;
    }
}
