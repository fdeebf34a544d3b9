using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// The packets without a session: finds their service, chooses a pod by Maglev, and remembers the choice. Nothing is
/// remembered about a packet that gets no pod, so the first packet after a pod appears is served.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class PodChoice<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Table slots tried for a pod whose answers are not another session's.</summary>
    private const uint MaxAttempts = 16;

    /// <summary>
    /// Works on the batch's first <paramref name="misses"/> misses. Those with a pod move to the front; answers their number.
    /// </summary>
    public static uint Run(Worker* worker, PacketBatch* batch, uint misses)
    {
        Snapshot* snapshot = (Snapshot*)Volatile.Read(ref *(nint*)&worker->Shared->Current);
        uint chosen = 0;
        for (uint n = 0; n < misses; n++)
        {
            uint i = batch->Misses[n];
            if (!TryExisting(worker, batch, i)) batch->Outcome[i] = (byte)Choose(worker, batch, i, snapshot);
            if (batch->Outcome[i] == (byte)Outcome.Translated) batch->Misses[chosen++] = (ushort)i;
        }

        return chosen;
    }

    /// <summary>
    /// The session may be in its second bucket, its stamp may want to be renewed, or an earlier packet of this frame has
    /// opened it.
    /// </summary>
    private static bool TryExisting(Worker* worker, PacketBatch* batch, uint i)
    {
        SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(worker);
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        uint entry = sessions->Find(flow, batch->Hash[i]);
        if (entry == SessionTable.NotFound) return false;
        if (!SessionUpdate.TryUse(worker, sessions, entry, TFamily.L4((byte*)batch->Packet[i]))) return false;
        uint podSlot = SessionValue.PodSlot(*sessions->Value(entry));
        worker->ExistingSession[worker->Shared->Pods[podSlot].ServiceIndex]++;
        batch->PodSlot[i] = podSlot;
        batch->Session[i] = (byte)SessionUse.Existing;
        return true;
    }

    private static Outcome Choose(Worker* worker, PacketBatch* batch, uint i, Snapshot* snapshot)
    {
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        VipEntry* vip = snapshot == null ? null : Snapshot.FindVip(snapshot, batch->VipSlot[i]);
        if (vip == null) return Outcome.NoVip;
        ServiceEntry* service = VipEntry.Find(vip, ProtocolOf(TFlow.ClassOf(flow)), TFlow.DestinationPort(flow));
        if (service == null) return Outcome.UnknownPort;
        if (service->PodCount == 0)
        {
            worker->NoPod[service->ServiceIndex]++;
            return Outcome.NoPod;
        }

        uint hash = (uint)TFlow.Hash(flow, &worker->Shared->ChoiceKey);
        return Remember(worker, batch, i, service, hash);
    }

    /// <summary>
    /// Takes the table's pod, unless its answers would already belong to another session (the same client port talks
    /// to the same pod and port through another VIP): then the next pod in the table.
    /// </summary>
    private static Outcome Remember(Worker* worker, PacketBatch* batch, uint i, ServiceEntry* service, uint hash)
    {
        SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(worker);
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        for (uint attempt = 0; attempt < MaxAttempts; attempt++)
        {
            uint podSlot = ServiceEntry.Choose(service, hash + attempt);
            if (IsClash(worker, sessions, flow, podSlot)) continue;

            uint kind = SessionUpdate.FirstKind(TFlow.ClassOf(flow), TFamily.L4((byte*)batch->Packet[i]));
            bool isTracked = sessions->TryAdd(flow, batch->Hash[i], podSlot, kind);
            (isTracked ? worker->FirstSession : worker->Untracked)[service->ServiceIndex]++;
            batch->PodSlot[i] = podSlot;
            batch->Session[i] = (byte)(isTracked ? SessionUse.First : SessionUse.Untracked);
            return Outcome.Translated;
        }

        return Outcome.ReturnClash;
    }

    private static bool IsClash(Worker* worker, SessionTable<TSession, TFlow>* sessions, TFlow* flow, uint podSlot)
    {
        TFlow back = TSession.Return(flow, worker->Shared->Pods + podSlot);
        ulong hash = TFlow.Hash(&back, &worker->Shared->SessionKey);
        uint candidates = sessions->Index->Candidates(hash);
        if (candidates == 0) return false;
        TSession copy;
        return sessions->Index->FindLive(&back, hash, candidates, &worker->Context.Clock, &copy) != null
            && !IsSame(TSession.Flow(&copy), *flow);
    }

    private static bool IsSame(TFlow a, TFlow b) =>
        new ReadOnlySpan<byte>(&a, sizeof(TFlow)).SequenceEqual(new ReadOnlySpan<byte>(&b, sizeof(TFlow)));

    private static byte ProtocolOf(uint flowClass) => flowClass == FlowClass.Tcp ? IpProtocol.Tcp : IpProtocol.Udp;
}
