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
    /// <summary>How many counters take the place of a pod's record.</summary>
    private const uint CountersInRecord = PodRecord.SizeBytes / CounterPair.SizeBytes;

    /// <summary>Outcome of a packet whose reason is not known yet.</summary>
    private const byte NotPlain = byte.MaxValue;

    /// <summary>Translates the first <paramref name="count"/> packets of the batch.</summary>
    public static void Run(Worker* worker, PacketBatch* batch, uint count)
    {
        PacketBatch.Expect(batch, Outcome.Translated, SessionUse.Existing);
        uint others = Parse(worker, batch, count);
        uint misses = Find(worker, batch, count);
        if (misses != 0) StalePath<TFamily, TSession, TFlow>.Run(worker, batch, misses);
        misses = Rewrite(worker, batch, count);
        if (misses == 0) return;
        misses = Explain(worker, batch, misses);
        uint chosen = PodChoice<TFamily, TSession, TFlow>.Run(worker, batch, misses);
        for (uint n = 0; n < chosen; n++) RewriteChosen(worker, batch, batch->Misses[n]);
        if (others == 0) return;
        OtherPath<TFamily, TSession, TFlow>.Run(worker, batch, count);
        IcmpPath<TFamily, TSession, TFlow>.Forward(worker, batch, count);
        ExtendedPath<TFamily, TSession, TFlow>.Forward(worker, batch, count);
    }

    /// <summary>
    /// To be called after <see cref="Run"/> by who reads the five-tuples and pod slots of translated packets: the loops over whole batches leave them as they need them
    /// themselves.
    /// </summary>
    public static void Show(Worker* worker, PacketBatch* batch, uint count)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        for (uint i = 0; i < count; i++)
            if (PlainFlow<TFlow>.TryRestore(flows + i)) batch->PodSlot[i] = (uint)((PodRecord*)batch->Pod[i] - worker->Shared->Pods);
    }

    /// <summary>
    /// Hashes the plain packets, and has their buckets fetched; the others, whose number is the answer, get a stamp that no session has.
    /// </summary>
    private static uint Parse(Worker* worker, PacketBatch* batch, nuint count)
    {
        SessionTable<TSession, TFlow> sessions = *TFamily.Sessions(worker);
        FlowHash* key = &worker->Shared->SessionKey;
        uint* stamps = SessionClock.FreshStamps(&worker->Context.Clock);
        TFlow* wanted = PacketBatch.FlowsOf<TFlow>(batch);
        uint others = 0;
        for (nuint i = 0; i < count; i++, wanted++)
        {
            if (!TFamily.TryParsePlain((byte*)batch->Packet[i], batch->Available[i], stamps, key, wanted, out ulong hash, out uint lengthBytes))
            {
                TFlow.SetClass(wanted, PacketBatch.NoStamp);
                batch->Outcome[i] = NotPlain;
                batch->Bucket[i] = (ulong)sessions.Entries;
                batch->Length[i] = PacketBatch.NoLength;
                others++;
                continue;
            }

            batch->Length[i] = lengthBytes;
            batch->Bucket[i] = (ulong)sessions.Fetch(hash);
        }

        return others;
    }

    /// <summary>
    /// The pods of packets with a fresh session in their first bucket; the others get the record of slot 0, which takes no packet whole
    /// (<see cref="PodRecord.ShortWayBytes"/>), and their places go to <c>Misses</c>; answers how many those are.
    /// </summary>
    private static uint Find(Worker* worker, PacketBatch* batch, nuint count)
    {
        TFlow* wanted = PacketBatch.FlowsOf<TFlow>(batch);
        PodRecord* pods = worker->Shared->Pods;
        uint misses = 0;
        for (nuint i = 0; i < count; i++, wanted++)
        {
            PodRecord* pod = pods + SessionValue.PodSlot(TSession.FindFresh((TSession*)batch->Bucket[i], wanted));
            batch->Pod[i] = (ulong)pod;
            if (Sse.IsSupported) Sse.Prefetch0(pod);
            if (pod == pods) batch->Misses[misses++] = (ushort)i;
        }

        return misses;
    }

    /// <summary>
    /// Rewrites the packets of fresh sessions. The places of the others go to <c>Misses</c>: those without one, whose pod is gone, which may be masqueraded, or which
    /// cannot be sent on as they are; answers their number. Without a call in it, the loop keeps its variables in registers.
    /// </summary>
    private static uint Rewrite(Worker* worker, PacketBatch* batch, nuint count)
    {
        PodRecord* pods = worker->Shared->Pods;
        uint service = 0;
        ulong existing = 0;
        uint misses = 0;
        uint loose = 0;
        for (nuint i = 0; i < count; i++)
        {
            PodRecord* pod = (PodRecord*)batch->Pod[i];
            uint lengthBytes = batch->Length[i];
            byte* packet = (byte*)batch->Packet[i];
            if (lengthBytes > pod->ShortWayBytes || pod->MasqueradeIndex != 0 || TFamily.IsFrom(packet, pod))
            {
                batch->Misses[misses++] = (ushort)i;
                continue;
            }

            if (!TFamily.TryRewritePlainDestination(packet, pod)) batch->Work[loose++] = (ushort)i;
            batch->Target[i] = pod->ForwardTarget;
            CounterPair.Count((CounterPair*)((byte*)worker->Pod + (((nuint)pod - (nuint)pods) / CountersInRecord)), lengthBytes);

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
        if (loose != 0) RewriteLoose(batch, loose);
        return misses;
    }

    /// <summary>Rewrites the packets that came another way than most of their service: by a node port, a further address, a prefix.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RewriteLoose(PacketBatch* batch, nuint loose)
    {
        for (nuint n = 0; n < loose; n++)
        {
            nuint i = batch->Work[n];
            TFamily.RewriteDestination((byte*)batch->Packet[i], (PodRecord*)batch->Pod[i]);
        }
    }

    /// <summary>
    /// Makes the misses ready for the longer way, and takes out those that it is not for, with their reasons; answers how many misses stay. A packet that is plain but
    /// for its options, or has no hop left, stays.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Explain(Worker* worker, PacketBatch* batch, uint misses)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        uint kept = 0;
        for (uint n = 0; n < misses; n++)
        {
            uint i = batch->Misses[n];
            batch->Session[i] = (byte)SessionUse.None;
            bool isParsed = batch->Outcome[i] != NotPlain || TFamily.TryParse((byte*)batch->Packet[i], batch->Available[i], flows + i);
            batch->Outcome[i] = isParsed ? (byte)Outcome.Translated : (byte)TFamily.Explain((byte*)batch->Packet[i], batch->Available[i]);
            _ = PlainFlow<TFlow>.TryRestore(flows + i);
            if (!isParsed) continue;
            if (batch->Bucket[i] != PacketBatch.NoBucket) batch->Hash[i] = TFlow.Hash(flows + i, &worker->Shared->SessionKey);
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
        batch->Target[i] = pod->ForwardTarget;
        CounterPair.Count(worker->Pod + batch->PodSlot[i], TFamily.LengthBytes(packet));
        if (batch->SourcePort[i] == 0) return;
        TFlow seen = Masquerade<TFlow>.Seen(
            PacketBatch.FlowsOf<TFlow>(batch) + i, pod, worker->Shared->Masquerades, batch->SourcePort[i]);
        TFamily.SetSource(packet, &seen);
    }
}
