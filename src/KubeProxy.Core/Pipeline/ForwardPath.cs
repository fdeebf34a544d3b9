using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Client → VIP → pod, a whole frame at a time:
/// <code>
///   parse ─▶ hash, prefetch bucket ─▶ find session ─▶ use ─┬─ hit ──────────────────────▶ rewrite ─▶ target
///     │                                                    └─ miss ─▶ choose pod, remember ─┘
///     └─▶ drop with its reason                                      └─▶ drop with its reason
/// </code>
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
    /// <summary>Translates the first <paramref name="count"/> packets of the batch.</summary>
    public static void Run(Worker* worker, PacketBatch* batch, uint count)
    {
        uint inWork = Parse(batch, count);
        Hash(worker, batch, inWork);
        Find(worker, batch, inWork);
        uint misses = Use(worker, batch, inWork);
        if (misses != 0) PodChoice<TFamily, TSession, TFlow>.Run(worker, batch, misses);
        Rewrite(worker, batch, inWork);
    }

    private static uint Parse(PacketBatch* batch, uint count)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        uint inWork = 0;
        for (uint i = 0; i < count; i++)
        {
            Outcome outcome = TFamily.Parse((byte*)batch->Packet[i], batch->Available[i], flows + i);
            batch->Outcome[i] = (byte)outcome;
            batch->Session[i] = (byte)SessionUse.None;
            if (outcome == Outcome.Translated) batch->Work[inWork++] = (ushort)i;
        }

        return inWork;
    }

    /// <summary>A loop of few instructions, so that the multiplications of many packets overlap.</summary>
    private static void Hash(Worker* worker, PacketBatch* batch, uint inWork)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        SessionTable<TSession, TFlow> sessions = *TFamily.Sessions(worker);
        FlowHash key = worker->Shared->SessionKey;
        for (uint n = 0; n < inWork; n++)
        {
            uint i = batch->Work[n];
            ulong hash = TFlow.Hash(flows + i, &key);
            batch->Hash[i] = hash;
            sessions.Prefetch(hash);
        }
    }

    private static void Find(Worker* worker, PacketBatch* batch, uint inWork)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        SessionTable<TSession, TFlow> sessions = *TFamily.Sessions(worker);
        for (uint n = 0; n < inWork; n++)
        {
            uint i = batch->Work[n];
            batch->Entry[i] = sessions.FindFirst(flows + i, batch->Hash[i]);
        }
    }

    /// <summary>Stamps the sessions that were found; answers how many packets have none.</summary>
    private static uint Use(Worker* worker, PacketBatch* batch, uint inWork)
    {
        SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(worker);
        uint misses = 0;
        for (uint n = 0; n < inWork; n++)
        {
            uint i = batch->Work[n];
            uint entry = batch->Entry[i];
            if (entry != SessionTable.NotFound && SessionUpdate.TryUse(worker, sessions, entry, TFamily.L4((byte*)batch->Packet[i])))
            {
                uint podSlot = SessionValue.PodSlot(*sessions->Value(entry));
                batch->PodSlot[i] = podSlot;
                batch->Session[i] = (byte)SessionUse.Existing;
                if (Sse.IsSupported) Sse.Prefetch0(worker->Shared->Pods + podSlot);
            }
            else
            {
                batch->Misses[misses++] = (ushort)i;
            }
        }

        return misses;
    }

    private static void Rewrite(Worker* worker, PacketBatch* batch, uint inWork)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        PodRecord* pods = worker->Shared->Pods;
        uint service = 0;
        ulong existing = 0;
        for (uint n = 0; n < inWork; n++)
        {
            uint i = batch->Work[n];
            if (batch->Outcome[i] != (byte)Outcome.Translated) continue;
            byte* packet = (byte*)batch->Packet[i];
            uint podSlot = batch->PodSlot[i];
            PodRecord* pod = pods + podSlot;
            TFamily.RewriteDestination(packet, flows + i, pod);
            batch->Target[i] = pod->ForwardTarget;

            CounterPair* counter = worker->Pod + podSlot;
            counter->Packets++;
            counter->Bytes += TFamily.LengthBytes(packet);
            if (batch->Session[i] != (byte)SessionUse.Existing) continue;

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
    }
}
