using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Client → VIP → pod for what <see cref="ForwardPath{TFamily, TSession, TFlow}"/> has left: SCTP, and the protocols without ports on a
/// VIP that takes everything. After the plain packets, and only in a batch that has others:
/// <code>
///   parse, hash ─▶ use or choose as for a packet without a fresh session ─▶ rewrite ─▶ target
///     └─▶ its reason not to      └─▶ drop or refuse with its reason
/// </code>
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class OtherPath<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Translates what it can of the batch's first <paramref name="count"/> packets, the plain ones being done.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run(Worker* worker, PacketBatch* batch, uint count)
    {
        uint others = Parse(worker, batch, count);
        if (others == 0) return;
        uint chosen = PodChoice<TFamily, TSession, TFlow>.Run(worker, batch, others);
        for (uint n = 0; n < chosen; n++) Rewrite(worker, batch, batch->Misses[n]);
    }

    /// <summary>Reads the five-tuple of a packet of any protocol; otherwise says why it cannot be translated.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="available">Bytes that lie in one piece from its IP header on.</param>
    /// <param name="isAnswer">True for a packet of a pod: of echoes, which way it goes makes a difference.</param>
    /// <param name="flow">The five-tuple.</param>
    public static Outcome ParseAny(byte* packet, uint available, bool isAnswer, TFlow* flow)
    {
        if (TFamily.TryParse(packet, available, flow)) return Outcome.Translated;
        Outcome outcome = TFamily.Explain(packet, available);
        Fragment whole;
        if (outcome == Outcome.ExtensionHeader && TFamily.TryReadExtended(packet, available, &whole))
        {
            outcome = FragmentPath<TFamily, TSession, TFlow>.CheckHeader(&whole);
            if (outcome == Outcome.Translated) *flow = ExtendedPath<TFamily, TSession, TFlow>.FlowOf(packet, &whole);
            return outcome;
        }

        return IsOther(outcome) ? TFamily.ParseOther(packet, available, isAnswer, flow) : outcome;
    }

    /// <summary>Places of the packets to be translated go to <c>Misses</c>; answers their number.</summary>
    private static uint Parse(Worker* worker, PacketBatch* batch, uint count)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        uint others = 0;
        for (uint i = 0; i < count; i++)
        {
            if (!IsOther((Outcome)batch->Outcome[i])) continue;
            Outcome outcome = TFamily.ParseOther((byte*)batch->Packet[i], batch->Available[i], isAnswer: false, flows + i);
            batch->Outcome[i] = (byte)outcome;
            if (outcome != Outcome.Translated) continue;
            batch->Hash[i] = TFlow.Hash(flows + i, &worker->Shared->SessionKey);
            batch->Misses[others++] = (ushort)i;
        }

        return others;
    }

    private static void Rewrite(Worker* worker, PacketBatch* batch, uint i)
    {
        byte* packet = (byte*)batch->Packet[i];
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        PodRecord* pod = worker->Shared->Pods + batch->PodSlot[i];
        ushort portWire = pod->TargetPortWire != 0 ? pod->TargetPortWire : TFlow.DestinationPort(flow);
        OtherRewrite<TFamily, TSession, TFlow>.SetDestination(packet, pod->Address, portWire);
        if (batch->SourcePort[i] != 0)
        {
            TFlow seen = Masquerade<TFlow>.Seen(flow, pod, worker->Shared->Masquerades, batch->SourcePort[i]);
            OtherRewrite<TFamily, TSession, TFlow>.SetSource(packet, TFlow.SourceOf(&seen), batch->SourcePort[i]);
        }

        batch->Target[i] = pod->ForwardTarget;
        CounterPair* counter = worker->Pod + batch->PodSlot[i];
        counter->Packets++;
        counter->Bytes += TFamily.LengthBytes(packet);
    }

    private static bool IsOther(Outcome outcome) => outcome is Outcome.ProtocolNotSupported or Outcome.IcmpNotSupported or Outcome.Fragment;
}
