using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Sends one packet through <see cref="ForwardPath{TFamily, TSession, TFlow}"/> to see what would become of it. The code is
/// that of the nodes; only the worker is a scratch one, with tables and counters of its own. It begins with a copy of
/// the flow's session, wherever that is, and everything that it put into the shared return index is taken out again.
/// Control thread only, with all workers stopped: the index is touched in between.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class ForwardProbe<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Answer of <see cref="FindOwner"/> when no worker has the flow.</summary>
    public const int NoWorker = -1;

    /// <summary>
    /// The first worker with a session of the packet's flow that is not over, a copy of the session and its source port; or
    /// <see cref="NoWorker"/>, also for a packet that the pipeline refuses.
    /// </summary>
    public static int FindOwner(Worker** workers, uint workerCount, byte* packet, uint available, TSession* copy, out ushort sourcePortWire)
    {
        sourcePortWire = 0;
        TFlow flow;
        if (OtherPath<TFamily, TSession, TFlow>.ParseAny(packet, available, isAnswer: false, &flow) != Outcome.Translated) return NoWorker;
        for (uint i = 0; i < workerCount; i++)
        {
            SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(workers[i]);
            uint entry = sessions->Find(&flow, TFlow.Hash(&flow, &workers[i]->Shared->SessionKey));
            if (entry == SessionTable.NotFound || sessions->IsOver(*sessions->Value(entry))) continue;
            *copy = sessions->Entries[entry];
            sourcePortWire = sessions->SourcePorts[entry];
            return (int)i;
        }

        return NoWorker;
    }

    /// <summary>
    /// Runs the packet, which is rewritten in place; its outcome, session use, pod slot and target are in the scratch
    /// worker's batch, at place 0. <paramref name="session"/> is the flow's session, or null, and has this source port.
    /// </summary>
    public static void Run(Worker* scratch, byte* packet, uint available, uint vipSlot, TSession* session, ushort sourcePortWire)
    {
        SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(scratch);
        if (session != null)
        {
            TFlow flow = TSession.Flow(session);
            _ = sessions->TryPlace(&flow, TFlow.Hash(&flow, &scratch->Shared->SessionKey), *TSession.Value(session), sourcePortWire);
        }

        scratch->Batch->Packet[0] = (ulong)packet;
        scratch->Batch->Available[0] = available;
        scratch->Batch->VipSlot[0] = vipSlot;
        scratch->Batch->Special = 0;
        ForwardPath<TFamily, TSession, TFlow>.Run(scratch, scratch->Batch, 1);
        ForwardPath<TFamily, TSession, TFlow>.Show(scratch, scratch->Batch, 1);
        for (uint i = 0; i < sessions->EntryCount; i++)
            if (*sessions->Value(i) != 0) sessions->Remove(i);
    }
}
