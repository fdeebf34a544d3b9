using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Pod → client, a whole frame at a time: an answer of a session leaves with the address and port that the client
/// used; everything else passes on untouched. What is neither TCP nor UDP is looked at afterwards
/// (<see cref="OtherReturnPath{TFamily, TSession, TFlow}"/>).
/// <code>
///   parse, hash, prefetch index ─▶ match tags, prefetch session ─▶ copy session, prefetch pod ─▶ compare in full, rewrite ─▶ next feature
/// </code>
/// What is no TCP or UDP comes last: see <see cref="IcmpPath{TFamily, TSession, TFlow}"/>.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class ReturnPath<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Outcome of a packet that passes on untouched.</summary>
    public const Outcome Pass = Outcome.NoVip;

    /// <summary>Looks at a session that changes at the same time; afterwards the answer is translated and tells nothing.</summary>
    private const int MaxAttempts = 4;

    /// <summary>Translates what belongs to a session among the first <paramref name="count"/> packets of the batch.</summary>
    public static void Run(Worker* worker, PacketBatch* batch, uint count)
    {
        ReturnIndex<TSession, TFlow>* index = TFamily.Sessions(worker)->Index;
        PacketBatch.Expect(batch, Pass, SessionUse.None);
        uint others = Parse(worker, batch, count, index);
        uint misses = 0;
        uint matches = Match(batch, count, index, &misses);
        Copy(worker, batch, matches);
        misses = Rewrite(batch, matches, misses);
        if (misses != 0) Finish(worker, batch, misses, index);
        worker->Fragments = 0;
        if (others == 0) return;
        ReadOthers(worker, batch, count, index);
        OtherReturnPath<TFamily, TSession, TFlow>.Run(worker, batch, count, index);
        IcmpPath<TFamily, TSession, TFlow>.Return(worker, batch, count);
        ExtendedPath<TFamily, TSession, TFlow>.Return(worker, batch, count);
    }

    /// <summary>To be called after <see cref="Run"/> by who reads the five-tuples of packets, as <see cref="ForwardPath{TFamily, TSession, TFlow}.Show"/>.</summary>
    public static void Show(PacketBatch* batch, uint count)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        for (uint i = 0; i < count; i++) _ = PlainFlow<TFlow>.TryRestore(flows + i);
    }

    /// <summary>Hashes the plain packets; the others, whose number is the answer, get a stamp that no session has.</summary>
    private static uint Parse(Worker* worker, PacketBatch* batch, nuint count, ReturnIndex<TSession, TFlow>* index)
    {
        ReturnIndex<TSession, TFlow> slots = *index;
        FlowHash* key = &worker->Shared->SessionKey;
        uint* stamps = SessionClock.FreshStamps(&worker->Context.Clock);
        TFlow* wanted = PacketBatch.FlowsOf<TFlow>(batch);
        uint others = 0;
        for (nuint i = 0; i < count; i++, wanted++)
        {
            if (!TFamily.TryParsePlain((byte*)batch->Packet[i], batch->Available[i], stamps, key, wanted, out ulong hash, out _))
            {
                TFlow.SetClass(wanted, PacketBatch.NoStamp);
                batch->Hash[i] = 0;
                others++;
                continue;
            }

            batch->Hash[i] = hash;
            slots.Prefetch(hash);
        }

        return others;
    }

    /// <summary>
    /// What is not plain: a fragment gets its outcome, and the host sees to it; one that is plain but for its options is looked up; everything else passes.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReadOthers(Worker* worker, PacketBatch* batch, uint count, ReturnIndex<TSession, TFlow>* index)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        for (uint i = 0; i < count; i++)
        {
            if (TFlow.ClassOf(flows + i) != PacketBatch.NoStamp) continue;
            Fragment fragment;
            if (TFamily.TryReadFragment((byte*)batch->Packet[i], batch->Available[i], &fragment))
            {
                batch->Outcome[i] = (byte)Outcome.Fragment;
                worker->Fragments++;
            }
            else if (TFamily.TryParse((byte*)batch->Packet[i], batch->Available[i], flows + i))
            {
                batch->Hash[i] = TFlow.Hash(flows + i, &worker->Shared->SessionKey);
                RewriteOther(worker, batch, i, index);
            }
        }
    }

    /// <summary>
    /// Places of the packets that may have a session go to <c>Work</c>, with the entry to be looked at first; those of packets for which a second bucket tells go to
    /// <c>Misses</c>. Answers the number of the former.
    /// </summary>
    private static uint Match(PacketBatch* batch, nuint count, ReturnIndex<TSession, TFlow>* index, uint* missed)
    {
        ReturnIndex<TSession, TFlow> slots = *index;
        uint matches = 0;
        uint misses = 0;
        for (nuint i = 0; i < count; i++)
        {
            TSession* entry = slots.First(batch->Hash[i], out bool mayBeElsewhere);
            if (entry == null)
            {
                if (mayBeElsewhere) batch->Misses[misses++] = (ushort)i;
                continue;
            }

            TSession.Prefetch(entry);
            batch->Found[i] = (ulong)entry;
            batch->Work[matches++] = (ushort)i;
        }

        *missed = misses;
        return matches;
    }

    /// <summary>Sessions as they are at one moment, and their pods. Reading both at once would make each packet wait for the one before.</summary>
    private static void Copy(Worker* worker, PacketBatch* batch, nuint matches)
    {
        PodRecord* pods = worker->Shared->Pods;
        TSession* copy = PacketBatch.SessionsOf<TSession>(batch);
        for (nuint n = 0; n < matches; n++, copy++)
        {
            uint value = TSession.Copy((TSession*)batch->Found[batch->Work[n]], copy);
            PodRecord* pod = pods + SessionValue.PodSlot(value);
            batch->Pod[n] = (ulong)pod;
            if (Sse.IsSupported) Sse.Prefetch0(pod);
        }
    }

    /// <summary>
    /// Rewrites the answers that their first candidate settles; the others join the misses. Answers how many those are now. Without a call in it, the loop keeps its
    /// variables in registers.
    /// </summary>
    private static uint Rewrite(PacketBatch* batch, nuint matches, uint misses)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        TSession* copy = PacketBatch.SessionsOf<TSession>(batch);
        for (nuint n = 0; n < matches; n++, copy++)
        {
            nuint i = batch->Work[n];
            PodRecord* pod = (PodRecord*)batch->Pod[n];
            if (!IsSettled(copy, pod, flows + i) || !TFamily.TryRewritePlainSource((byte*)batch->Packet[i], copy, pod))
            {
                batch->Misses[misses++] = (ushort)i;
                continue;
            }

            batch->PodSlot[i] = SessionValue.PodSlot(*TSession.Value(copy));
            batch->Outcome[i] = (byte)Outcome.Translated;
            batch->Session[i] = (byte)SessionUse.Existing;
        }

        return misses;
    }

    /// <summary>Looks at everything that the misses may belong to.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Finish(Worker* worker, PacketBatch* batch, uint misses, ReturnIndex<TSession, TFlow>* index)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        for (uint n = 0; n < misses; n++)
            if (TFlow.ClassOf(flows + batch->Misses[n]) != PacketBatch.NoStamp) RewriteOther(worker, batch, batch->Misses[n], index);
    }

    /// <summary>Looks at all candidates. The answer of a masqueraded session also gets its client back as destination.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RewriteOther(Worker* worker, PacketBatch* batch, uint i, ReturnIndex<TSession, TFlow>* index)
    {
        TSession session;
        _ = PlainFlow<TFlow>.TryRestore(PacketBatch.FlowsOf<TFlow>(batch) + i);
        TcpSegment segment = SessionUpdate.Segment<TFamily, TSession, TFlow>(
            (byte*)batch->Packet[i], TFlow.ClassOf(PacketBatch.FlowsOf<TFlow>(batch) + i));
        batch->Candidates[i] = index->Candidates(batch->Hash[i]);
        if (!TryUseAny(worker, batch, i, index, segment, &session)) return;
        TFamily.RewriteSource((byte*)batch->Packet[i], &session);
        batch->PodSlot[i] = SessionValue.PodSlot(*TSession.Value(&session));
        batch->Outcome[i] = (byte)Outcome.Translated;
        batch->Session[i] = (byte)SessionUse.Existing;
        if (batch->SourcePort[i] == 0) return;
        TFlow flow = TSession.Flow(&session);
        TFamily.SetDestinationToSource((byte*)batch->Packet[i], &flow);
    }

    /// <summary>
    /// The first candidate nearly always is the one, and nearly always stamped in this tick. No stamp equals one with the flags SYN, FIN or RST in the place of
    /// the pod slot. Where masquerading is possible the longer way tells; a hairpin session cannot be taken for another here, for no answer comes from the
    /// address that it goes to.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSettled(TSession* copy, PodRecord* pod, TFlow* wanted) =>
        SessionValue.Stamp(*TSession.Value(copy)) == TFlow.ClassOf(wanted) && pod->State != PodState.Dead && pod->MasqueradeIndex == 0
        && TSession.IsFreshReturn(copy, pod, wanted);

    /// <summary>
    /// Finds the answer's session among its candidates, which the batch holds, and stamps it. The session's copy comes with its source
    /// port in the batch.
    /// </summary>
    internal static bool TryUseAny(
        Worker* worker, PacketBatch* batch, uint i, ReturnIndex<TSession, TFlow>* index, TcpSegment segment, TSession* copy)
    {
        TFlow* back = PacketBatch.FlowsOf<TFlow>(batch) + i;
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            TSession* entry = index->FindLive(
                back, batch->Hash[i], batch->Candidates[i], &worker->Context.Clock, copy, &batch->SourcePort[i]);
            if (entry == null) return false;
            if (SessionUpdate.TryAnswer(worker, TSession.Value(entry), *TSession.Value(copy), segment)) break;
        }

        return true;
    }
}
