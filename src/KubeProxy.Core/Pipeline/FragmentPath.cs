using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Fragments of TCP segments and UDP datagrams, both directions, one at a time. Only the first fragment of a datagram has its ports;
/// the host keeps the others back until it has seen that, and tells with each what the first one said (virtual reassembly):
/// <code>
///   fragment + ports ─▶ prove bounds ─▶ five-tuple ─▶ session, pod: as of any packet ─▶ rewrite
///                                                                                        every fragment: addresses
///                                                                                        the first: ports, L4 checksum
/// </code>
/// The L4 checksum covers the whole datagram, so the first fragment's holds all that changes. No byte of a later fragment is taken
/// for a port, and none of an L4 header is let through in another fragment than the first (RFC 1858, RFC 7112).
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class FragmentPath<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Client → pod: the packet at place <paramref name="i"/> of the batch. What becomes of it is in the batch.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="batch">The batch; its input is that of the forward path.</param>
    /// <param name="i">Place in the batch.</param>
    /// <param name="header">What the first fragment said.</param>
    /// <param name="leaves">Receives the five-tuple that a translated fragment leaves with.</param>
    public static void Forward(Worker* worker, PacketBatch* batch, uint i, DatagramHeader header, TFlow* leaves)
    {
        Fragment fragment;
        if (TryParse(worker, batch, i, header, &fragment)) ForwardParsed(worker, batch, i, &fragment, SegmentOf(fragment, header), leaves);
    }

    /// <summary><see cref="Forward"/> behind parsing: flow and hash are in the batch.</summary>
    internal static void ForwardParsed(Worker* worker, PacketBatch* batch, uint i, Fragment* fragment, TcpSegment segment, TFlow* leaves)
    {
        PodChoice<TFamily, TSession, TFlow>.RunFragment(worker, batch, i, segment);
        if (batch->Outcome[i] != (byte)Outcome.Translated) return;

        byte* packet = (byte*)batch->Packet[i];
        PodRecord* pod = worker->Shared->Pods + batch->PodSlot[i];
        TFlow seen = Masquerade<TFlow>.Seen(
            PacketBatch.FlowsOf<TFlow>(batch) + i, pod, worker->Shared->Masquerades, batch->SourcePort[i]);
        TFlow answer = TSession.Return(&seen, pod);
        *leaves = TFlow.Reversed(&answer);
        TFamily.RewriteFragment(packet, fragment, leaves);
        batch->Target[i] = pod->ForwardTarget;
        CounterPair* counter = worker->Pod + batch->PodSlot[i];
        counter->Packets++;
        counter->Bytes += TFamily.LengthBytes(packet);
    }

    /// <summary>Pod → client: a fragment of a session's answer leaves with what the client addressed, every other as it is.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="i">Place in the batch.</param>
    /// <param name="header">What the first fragment said.</param>
    /// <param name="leaves">Receives the five-tuple that a translated fragment leaves with.</param>
    public static void Return(Worker* worker, PacketBatch* batch, uint i, DatagramHeader header, TFlow* leaves)
    {
        Fragment fragment;
        bool isParsed = TryParse(worker, batch, i, header, &fragment);
        batch->Outcome[i] = (byte)ReturnPath<TFamily, TSession, TFlow>.Pass;
        if (isParsed) ReturnParsed(worker, batch, i, &fragment, SegmentOf(fragment, header), leaves);
    }

    /// <summary><see cref="Return"/> behind parsing: flow and hash are in the batch.</summary>
    internal static void ReturnParsed(Worker* worker, PacketBatch* batch, uint i, Fragment* fragment, TcpSegment segment, TFlow* leaves)
    {
        ReturnIndex<TSession, TFlow>* index = TFamily.Sessions(worker)->Index;
        batch->Candidates[i] = index->Candidates(batch->Hash[i]);
        TSession session;
        if (!ReturnPath<TFamily, TSession, TFlow>.TryUseAny(worker, batch, i, index, segment, &session)) return;

        TFlow flow = TSession.Flow(&session);
        *leaves = TFlow.Reversed(&flow);
        TFamily.RewriteFragment((byte*)batch->Packet[i], fragment, leaves);
        batch->PodSlot[i] = SessionValue.PodSlot(*TSession.Value(&session));
        batch->Outcome[i] = (byte)Outcome.Translated;
        batch->Session[i] = (byte)SessionUse.Existing;
    }

    /// <summary>Flow and hash of a fragment that can be translated; otherwise its outcome says why not.</summary>
    private static bool TryParse(Worker* worker, PacketBatch* batch, uint i, DatagramHeader header, Fragment* fragment)
    {
        byte* packet = (byte*)batch->Packet[i];
        batch->Session[i] = (byte)SessionUse.None;
        Outcome outcome = TFamily.TryReadFragment(packet, batch->Available[i], fragment) ? CheckHeader(fragment) : Outcome.Truncated;
        batch->Outcome[i] = (byte)outcome;
        if (outcome != Outcome.Translated) return false;

        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        uint portsWire = fragment->OffsetBytes == 0 ? ((L4Header*)fragment->Part)->Ports : header.PortsWire;
        *flow = TFamily.FlowOf(packet, portsWire, fragment->Class);
        FlowHash key = worker->Shared->SessionKey;
        batch->Hash[i] = TFlow.Hash(flow, &key);
        return true;
    }

    /// <summary>The L4 header is in the first fragment, whole, and in no other.</summary>
    internal static Outcome CheckHeader(Fragment* fragment)
    {
        uint headerBytes = fragment->Protocol == IpProtocol.Tcp ? L4Header.TcpBytes : L4Header.UdpBytes;
        if (fragment->OffsetBytes >= headerBytes) return Outcome.Translated;
        if (fragment->OffsetBytes != 0 || fragment->LengthBytes < headerBytes) return Outcome.Truncated;
        bool hasNoChecksum = fragment->Protocol == IpProtocol.Udp && ((L4Header*)fragment->Part)->UdpChecksum == 0;
        return hasNoChecksum && !TFamily.AllowsNoUdpChecksum ? Outcome.ZeroUdpChecksum : Outcome.Translated;
    }

    /// <summary>Every fragment says of its connection what the whole segment does; one that is fragmented has payload.</summary>
    private static TcpSegment SegmentOf(Fragment fragment, DatagramHeader header) =>
        fragment.Protocol == IpProtocol.Tcp ? TcpState.Read(header.TcpFlags, hasPayload: true) : TcpSegment.Bare;
}
