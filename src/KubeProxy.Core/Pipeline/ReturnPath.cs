using System.Numerics;
using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Pod → client, a whole frame at a time: an answer of a session leaves with the address and port that the client
/// used; everything else passes on untouched. What is neither TCP nor UDP is looked at afterwards
/// (<see cref="OtherReturnPath{TFamily, TSession, TFlow}"/>).
/// <code>
///   parse, hash, prefetch index ─▶ match tags, prefetch session ─▶ compare in full, rewrite ─▶ next feature
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
        uint inWork = Parse(worker, batch, count, index);
        worker->Fragments = 0;
        if (inWork != count) MarkFragments(worker, batch, count);
        uint matches = Match(batch, inWork, index);
        Rewrite(worker, batch, matches, index);
        if (inWork == count) return;
        OtherReturnPath<TFamily, TSession, TFlow>.Run(worker, batch, count, index);
        IcmpPath<TFamily, TSession, TFlow>.Return(worker, batch, count);
        ExtendedPath<TFamily, TSession, TFlow>.Return(worker, batch, count);
    }

    private static uint Parse(Worker* worker, PacketBatch* batch, uint count, ReturnIndex<TSession, TFlow>* index)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        ReturnIndex<TSession, TFlow> slots = *index;
        FlowHash key = worker->Shared->SessionKey;
        uint inWork = 0;
        for (uint i = 0; i < count; i++)
        {
            batch->Outcome[i] = (byte)Pass;
            batch->Session[i] = (byte)SessionUse.None;
            if (!TFamily.TryParse((byte*)batch->Packet[i], batch->Available[i], flows + i)) continue;

            ulong hash = TFlow.Hash(flows + i, &key);
            batch->Hash[i] = hash;
            slots.Prefetch(hash);
            batch->Work[inWork++] = (ushort)i;
        }

        return inWork;
    }

    /// <summary>Fragments get their outcome, the host sees to them; everything else that is not in work passes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MarkFragments(Worker* worker, PacketBatch* batch, uint count)
    {
        for (uint i = 0; i < count; i++)
        {
            Fragment fragment;
            if (!TFamily.TryReadFragment((byte*)batch->Packet[i], batch->Available[i], &fragment)) continue;
            batch->Outcome[i] = (byte)Outcome.Fragment;
            worker->Fragments++;
        }
    }

    private static uint Match(PacketBatch* batch, uint inWork, ReturnIndex<TSession, TFlow>* index)
    {
        ReturnIndex<TSession, TFlow> slots = *index;
        uint matches = 0;
        for (uint n = 0; n < inWork; n++)
        {
            uint i = batch->Work[n];
            uint candidates = slots.Candidates(batch->Hash[i]);
            if (candidates == 0) continue;
            TSession* entry = slots.Entry(batch->Hash[i], BitOperations.TrailingZeroCount(candidates));
            TSession.Prefetch(entry);
            batch->Found[i] = (ulong)entry;
            batch->Candidates[i] = candidates;
            batch->Work[matches++] = (ushort)i;
        }

        return matches;
    }

    /// <summary>
    /// Rewrites the answers. Those that their first candidate does not settle come after the others: without a call in it, the loop
    /// keeps its variables in registers.
    /// </summary>
    private static void Rewrite(Worker* worker, PacketBatch* batch, uint matches, ReturnIndex<TSession, TFlow>* index)
    {
        PodRecord* pods = worker->Shared->Pods;
        uint others = 0;
        for (uint n = 0; n < matches; n++)
        {
            uint i = batch->Work[n];
            TSession copy;
            if (TryUseFirst(worker, pods, batch, i, &copy)) RewriteOne(batch, i, &copy);
            else batch->Misses[others++] = (ushort)i;
        }

        for (uint n = 0; n < others; n++) RewriteOther(worker, batch, batch->Misses[n], index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RewriteOne(PacketBatch* batch, uint i, TSession* session)
    {
        TFamily.RewriteSource((byte*)batch->Packet[i], session);
        batch->PodSlot[i] = SessionValue.PodSlot(*TSession.Value(session));
        batch->Outcome[i] = (byte)Outcome.Translated;
        batch->Session[i] = (byte)SessionUse.Existing;
    }

    /// <summary>Looks at all candidates. The answer of a masqueraded session also gets its client back as destination.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RewriteOther(Worker* worker, PacketBatch* batch, uint i, ReturnIndex<TSession, TFlow>* index)
    {
        TSession session;
        TcpSegment segment = SessionUpdate.Segment<TFamily, TSession, TFlow>(
            (byte*)batch->Packet[i], TFlow.ClassOf(PacketBatch.FlowsOf<TFlow>(batch) + i));
        if (!TryUseAny(worker, batch, i, index, segment, &session)) return;
        RewriteOne(batch, i, &session);
        if (batch->SourcePort[i] == 0) return;
        TFlow flow = TSession.Flow(&session);
        TFamily.SetDestinationToSource((byte*)batch->Packet[i], &flow);
    }

    /// <summary>
    /// The first candidate is nearly always the one, and nearly always stamped in this tick. No stamp equals one with the
    /// flags SYN, FIN or RST in the place of the pod slot. Where masquerading is possible the longer way tells; a hairpin session
    /// cannot be taken for another here, for no answer comes from the address that it goes to.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryUseFirst(Worker* worker, PodRecord* pods, PacketBatch* batch, uint i, TSession* copy)
    {
        TFlow* back = PacketBatch.FlowsOf<TFlow>(batch) + i;
        if (!TSession.TryCopy((TSession*)batch->Found[i], copy)) return false;
        uint value = *TSession.Value(copy);
        uint flowClass = TFlow.ClassOf(back);
        uint control = L4Header.ControlBits(TFamily.L4((byte*)batch->Packet[i]), flowClass);
        if (SessionValue.Stamp(value) != (worker->Context.Clock.FreshStamp(flowClass) | control)) return false;
        PodRecord* pod = pods + SessionValue.PodSlot(value);
        return pod->State != PodState.Dead && pod->MasqueradeIndex == 0 && TSession.IsReturn(copy, pod, back);
    }

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
