using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Client → VIP → pod, a whole frame at a time:
/// <code>
///   parse, hash, prefetch bucket ─▶ find fresh session ─┬─ found ─────────────────▶ rewrite ─▶ target
///     │                                                 └─ other ─▶ choose pod ─▶ rewrite ─▶ target
///     └─▶ drop with its reason                                        └─▶ drop with its reason
/// </code>
/// What is neither TCP nor UDP comes last, and what has these behind extension headers: <see cref="OtherPath{TFamily, TSession, TFlow}"/>,
/// <see cref="IcmpPath{TFamily, TSession, TFlow}"/>, <see cref="ExtendedPath{TFamily, TSession, TFlow}"/>.
/// Each stage is a loop of its own, so that the memory a packet needs is on its way while the others are worked on.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class ForwardPath<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Outcome of a packet whose reason is not known yet.</summary>
    private const byte NotPlain = byte.MaxValue;

    /// <summary>Translates the first <paramref name="count"/> packets of the batch.</summary>
    public static void Run(Worker* worker, PacketBatch* batch, uint count)
    {
        uint inWork = Parse(worker, batch, count);
        if (inWork != count) ExplainOthers(batch, count);
        uint misses = Find(worker, batch, inWork);
        misses = Rewrite(worker, batch, inWork - misses, misses);
        if (misses != 0)
        {
            uint chosen = PodChoice<TFamily, TSession, TFlow>.Run(worker, batch, misses);
            for (uint n = 0; n < chosen; n++) RewriteChosen(worker, batch, batch->Misses[n]);
        }

        if (inWork == count) return;
        OtherPath<TFamily, TSession, TFlow>.Run(worker, batch, count);
        IcmpPath<TFamily, TSession, TFlow>.Forward(worker, batch, count);
        ExtendedPath<TFamily, TSession, TFlow>.Forward(worker, batch, count);
    }

    /// <summary>Places of the packets to be translated go to <c>Work</c>; answers their number.</summary>
    private static uint Parse(Worker* worker, PacketBatch* batch, uint count)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        SessionTable<TSession, TFlow> sessions = *TFamily.Sessions(worker);
        FlowHash key = worker->Shared->SessionKey;
        uint inWork = 0;
        for (uint i = 0; i < count; i++)
        {
            bool isPlain = TFamily.TryParse((byte*)batch->Packet[i], batch->Available[i], flows + i);
            batch->Outcome[i] = isPlain ? (byte)Outcome.Translated : NotPlain;
            batch->Session[i] = (byte)SessionUse.None;
            if (!isPlain) continue;

            ulong hash = TFlow.Hash(flows + i, &key);
            batch->Hash[i] = hash;
            sessions.Prefetch(hash);
            batch->Work[inWork++] = (ushort)i;
        }

        return inWork;
    }

    /// <summary>Gives the packets that are not to be translated their reasons.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ExplainOthers(PacketBatch* batch, uint count)
    {
        for (uint i = 0; i < count; i++)
            if (batch->Outcome[i] == NotPlain) batch->Outcome[i] = (byte)TFamily.Explain((byte*)batch->Packet[i], batch->Available[i]);
    }

    /// <summary>
    /// Places with a fresh session stay in <c>Work</c>, the others go to <c>Misses</c>; answers how many those are. A packet with
    /// SYN, FIN or RST finds no session fresh: its flags, in the place of the pod slot, make a stamp that no session has.
    /// </summary>
    private static uint Find(Worker* worker, PacketBatch* batch, uint inWork)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        SessionTable<TSession, TFlow> sessions = *TFamily.Sessions(worker);
        PodRecord* pods = worker->Shared->Pods;
        uint misses = 0;
        for (uint n = 0; n < inWork; n++)
        {
            uint i = batch->Work[n];
            uint flowClass = TFlow.ClassOf(flows + i);
            uint control = L4Header.ControlBits(TFamily.L4((byte*)batch->Packet[i]), flowClass);
            TSession* entry = sessions.FindFresh(flows + i, batch->Hash[i], worker->Context.Clock.FreshStamp(flowClass) | control);
            if (entry == null)
            {
                batch->Misses[misses++] = (ushort)i;
                continue;
            }

            uint podSlot = SessionValue.PodSlot(*TSession.Value(entry));
            batch->PodSlot[i] = podSlot;
            batch->Work[n - misses] = (ushort)i;
            if (Sse.IsSupported) Sse.Prefetch0(pods + podSlot);
        }

        return misses;
    }

    /// <summary>
    /// Rewrites the packets in <c>Work</c>. Those whose pod is gone, those that may be masqueraded, and those that cannot be sent on as they are join
    /// the misses; answers the number of misses now. Without a call in it, the loop keeps its variables in registers.
    /// </summary>
    private static uint Rewrite(Worker* worker, PacketBatch* batch, uint hits, uint misses)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        PodRecord* pods = worker->Shared->Pods;
        uint service = 0;
        ulong existing = 0;
        for (uint n = 0; n < hits; n++)
        {
            uint i = batch->Work[n];
            uint podSlot = batch->PodSlot[i];
            PodRecord* pod = pods + podSlot;
            uint lengthBytes = TFamily.LengthOnTheWay((byte*)batch->Packet[i]);
            bool takesShortWay = lengthBytes <= pod->ShortWayBytes && (TFamily.IsLengthVerified || lengthBytes <= batch->Available[i]);
            if (!takesShortWay || Masquerade<TFlow>.MayApply(flows + i, pod))
            {
                batch->Misses[misses++] = (ushort)i;
                continue;
            }

            RewriteOne(worker, batch, i, podSlot, pod, lengthBytes);
            batch->Session[i] = (byte)SessionUse.Existing;

            // A run of packets of one service costs one addition to its counter.
            if (pod->ServiceIndex != service)
            {
                worker->ExistingSession[service] += existing;
                service = pod->ServiceIndex;
                existing = 0;
            }

            existing++;
        }

        worker->ExistingSession[service] += existing;
        return misses;
    }

    /// <summary>Rewrites a packet whose pod was chosen or whose session took the longer way: its source too, if that is masqueraded.</summary>
    private static void RewriteChosen(Worker* worker, PacketBatch* batch, uint i)
    {
        PodRecord* pod = worker->Shared->Pods + batch->PodSlot[i];
        RewriteOne(worker, batch, i, batch->PodSlot[i], pod, TFamily.LengthBytes((byte*)batch->Packet[i]));
        if (batch->SourcePort[i] == 0) return;
        TFlow seen = Masquerade<TFlow>.Seen(
            PacketBatch.FlowsOf<TFlow>(batch) + i, pod, worker->Shared->Masquerades, batch->SourcePort[i]);
        TFamily.SetSource((byte*)batch->Packet[i], &seen);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RewriteOne(Worker* worker, PacketBatch* batch, uint i, uint podSlot, PodRecord* pod, uint lengthBytes)
    {
        byte* packet = (byte*)batch->Packet[i];
        TFamily.RewriteDestination(packet, pod);
        batch->Target[i] = pod->ForwardTarget;
        CounterPair* counter = worker->Pod + podSlot;
        counter->Packets++;
        counter->Bytes += lengthBytes;
    }
}
