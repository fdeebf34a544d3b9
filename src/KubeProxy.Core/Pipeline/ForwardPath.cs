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
        PacketBatch.Expect(batch, Outcome.Translated, SessionUse.Existing);
        uint others = Parse(worker, batch, count);
        uint misses = Find(worker, batch, count);
        misses = Rewrite(worker, batch, count, misses);
        if (others != 0) misses = Explain(worker, batch, misses);
        if (misses != 0)
        {
            uint chosen = PodChoice<TFamily, TSession, TFlow>.Run(worker, batch, misses);
            for (uint n = 0; n < chosen; n++) RewriteChosen(worker, batch, batch->Misses[n]);
        }

        if (others == 0) return;
        OtherPath<TFamily, TSession, TFlow>.Run(worker, batch, count);
        IcmpPath<TFamily, TSession, TFlow>.Forward(worker, batch, count);
        ExtendedPath<TFamily, TSession, TFlow>.Forward(worker, batch, count);
    }

    /// <summary>Hashes the plain packets; the others, whose number is the answer, get a stamp that no session has.</summary>
    private static uint Parse(Worker* worker, PacketBatch* batch, nuint count)
    {
        SessionTable<TSession, TFlow> sessions = *TFamily.Sessions(worker);
        FlowHash* key = &worker->Shared->SessionKey;
        uint* stamps = SessionClock.FreshStamps(&worker->Context.Clock);
        uint others = 0;
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch);
        for (nuint i = 0; i < count; i++, flow++)
        {
            uint stamp = TFamily.ParsePlain((byte*)batch->Packet[i], batch->Available[i], stamps, flow);
            if (stamp == 0)
            {
                batch->Outcome[i] = NotPlain;
                batch->Stamp[i] = PacketBatch.NoStamp;
                batch->Hash[i] = 0;
                others++;
                continue;
            }

            batch->Stamp[i] = stamp;
            ulong hash = TFlow.Hash(flow, key);
            batch->Hash[i] = hash;
            sessions.Prefetch(hash);
        }

        return others;
    }

    /// <summary>
    /// The pod slots of packets with a fresh session; the others get slot 0, and their places go to <c>Misses</c>. Answers how many those are.
    /// </summary>
    private static uint Find(Worker* worker, PacketBatch* batch, nuint count)
    {
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch);
        SessionTable<TSession, TFlow> sessions = *TFamily.Sessions(worker);
        PodRecord* pods = worker->Shared->Pods;
        uint misses = 0;
        for (nuint i = 0; i < count; i++, flow++)
        {
            uint podSlot = SessionValue.PodSlot(sessions.FindFresh(flow, batch->Hash[i], batch->Stamp[i]));
            batch->PodSlot[i] = podSlot;
            if (Sse.IsSupported) Sse.Prefetch0(pods + podSlot);
            if (podSlot == 0) batch->Misses[misses++] = (ushort)i;
        }

        return misses;
    }

    /// <summary>
    /// Rewrites the packets that have a pod slot. Those whose pod is gone, those that may be masqueraded, and those that cannot be sent on as they are
    /// join the misses; answers the number of misses now. Without a call in it, the loop keeps its variables in registers.
    /// </summary>
    private static uint Rewrite(Worker* worker, PacketBatch* batch, nuint count, uint misses)
    {
        PodRecord* pods = worker->Shared->Pods;
        uint service = 0;
        ulong existing = 0;
        uint loose = 0;
        for (nuint i = 0; i < count; i++)
        {
            uint podSlot = batch->PodSlot[i];
            if (podSlot == 0) continue;
            PodRecord* pod = pods + podSlot;
            byte* packet = (byte*)batch->Packet[i];
            uint lengthBytes = TFamily.LengthBytes(packet);
            bool takesShortWay = lengthBytes <= pod->ShortWayBytes && (TFamily.IsLengthVerified || lengthBytes <= batch->Available[i]);
            if (!takesShortWay || pod->MasqueradeIndex != 0 || TFamily.IsFrom(packet, pod))
            {
                batch->Misses[misses++] = (ushort)i;
                continue;
            }

            if (!TFamily.TryRewritePlainDestination(packet, pod)) batch->Work[loose++] = (ushort)i;
            Count(worker, batch, i, podSlot, pod, lengthBytes);

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
        if (loose != 0) RewriteLoose(pods, batch, loose);
        return misses;
    }

    /// <summary>Rewrites the packets that came another way than most of their service: by a node port, a further address, a prefix.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RewriteLoose(PodRecord* pods, PacketBatch* batch, nuint loose)
    {
        for (nuint n = 0; n < loose; n++)
        {
            nuint i = batch->Work[n];
            TFamily.RewriteDestination((byte*)batch->Packet[i], pods + batch->PodSlot[i]);
        }
    }

    /// <summary>
    /// Among the misses, takes out the packets that are not to be translated here, and gives them their reasons; answers how many misses stay. One that is
    /// plain but for its options stays.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Explain(Worker* worker, PacketBatch* batch, uint misses)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        uint kept = 0;
        for (uint n = 0; n < misses; n++)
        {
            uint i = batch->Misses[n];
            if (batch->Outcome[i] == NotPlain)
            {
                bool isParsed = TFamily.TryParse((byte*)batch->Packet[i], batch->Available[i], flows + i);
                batch->Outcome[i] = isParsed ? (byte)Outcome.Translated : (byte)TFamily.Explain((byte*)batch->Packet[i], batch->Available[i]);
                batch->Session[i] = (byte)SessionUse.None;
                if (!isParsed) continue;
                batch->Hash[i] = TFlow.Hash(flows + i, &worker->Shared->SessionKey);
            }

            batch->Misses[kept++] = (ushort)i;
        }

        return kept;
    }

    /// <summary>Rewrites a packet whose pod was chosen or whose session took the longer way: its source too, if that is masqueraded.</summary>
    private static void RewriteChosen(Worker* worker, PacketBatch* batch, uint i)
    {
        PodRecord* pod = worker->Shared->Pods + batch->PodSlot[i];
        byte* packet = (byte*)batch->Packet[i];
        TFamily.RewriteDestination(packet, pod);
        Count(worker, batch, i, batch->PodSlot[i], pod, TFamily.LengthBytes(packet));
        if (batch->SourcePort[i] == 0) return;
        TFlow seen = Masquerade<TFlow>.Seen(
            PacketBatch.FlowsOf<TFlow>(batch) + i, pod, worker->Shared->Masquerades, batch->SourcePort[i]);
        TFamily.SetSource(packet, &seen);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Count(Worker* worker, PacketBatch* batch, nuint i, uint podSlot, PodRecord* pod, uint lengthBytes)
    {
        batch->Target[i] = pod->ForwardTarget;
        CounterPair* counter = worker->Pod + podSlot;
        counter->Packets++;
        counter->Bytes += lengthBytes;
    }
}
