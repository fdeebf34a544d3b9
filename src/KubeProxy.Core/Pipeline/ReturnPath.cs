using System.Numerics;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Pod → client, a whole frame at a time: an answer of a session leaves with the address and port that the client
/// used; everything else passes on untouched.
/// <code>
///   parse, hash, prefetch index ─▶ match tags, prefetch session ─▶ compare in full, rewrite ─▶ next feature
/// </code>
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

    /// <summary>Translates what belongs to a session among the first <paramref name="count"/> packets of the batch.</summary>
    public static void Run(Worker* worker, PacketBatch* batch, uint count)
    {
        ReturnIndex<TSession, TFlow>* index = TFamily.Sessions(worker)->Index;
        uint inWork = Parse(batch, count);
        Hash(worker, batch, inWork, index);
        uint matches = Match(batch, inWork, index);
        Rewrite(worker, batch, matches, index);
    }

    private static uint Parse(PacketBatch* batch, uint count)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        uint inWork = 0;
        for (uint i = 0; i < count; i++)
        {
            batch->Outcome[i] = (byte)Pass;
            batch->Session[i] = (byte)SessionUse.None;
            Outcome outcome = TFamily.Parse((byte*)batch->Packet[i], batch->Available[i], flows + i);
            if (outcome == Outcome.Translated) batch->Work[inWork++] = (ushort)i;
        }

        return inWork;
    }

    private static void Hash(Worker* worker, PacketBatch* batch, uint inWork, ReturnIndex<TSession, TFlow>* index)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        ReturnIndex<TSession, TFlow> slots = *index;
        FlowHash key = worker->Shared->SessionKey;
        for (uint n = 0; n < inWork; n++)
        {
            uint i = batch->Work[n];
            ulong hash = TFlow.Hash(flows + i, &key);
            batch->Hash[i] = hash;
            slots.Prefetch(hash);
        }
    }

    private static uint Match(PacketBatch* batch, uint inWork, ReturnIndex<TSession, TFlow>* index)
    {
        uint matches = 0;
        for (uint n = 0; n < inWork; n++)
        {
            uint i = batch->Work[n];
            uint candidates = index->Candidates(batch->Hash[i]);
            if (candidates == 0) continue;
            TSession.Prefetch(index->Entry(batch->Hash[i], BitOperations.TrailingZeroCount(candidates)));
            batch->Candidates[i] = candidates;
            batch->Misses[matches++] = (ushort)i;
        }

        return matches;
    }

    private static void Rewrite(Worker* worker, PacketBatch* batch, uint matches, ReturnIndex<TSession, TFlow>* index)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        TSession copy;
        for (uint n = 0; n < matches; n++)
        {
            uint i = batch->Misses[n];
            TSession* entry = index->FindLive(flows + i, batch->Hash[i], batch->Candidates[i], &worker->Context.Clock, &copy);
            if (entry == null) continue;

            uint value = *TSession.Value(&copy);
            TFamily.RewriteSource((byte*)batch->Packet[i], flows + i, &copy);
            SessionUpdate.Refresh(worker, TSession.Value(entry), value);
            batch->PodSlot[i] = SessionValue.PodSlot(value);
            batch->Outcome[i] = (byte)Outcome.Translated;
            batch->Session[i] = (byte)SessionUse.Existing;
        }
    }
}
