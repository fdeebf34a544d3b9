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
        if (!SessionUpdate.TryUse(worker, sessions, entry, Segment(batch, i))) return false;
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
        uint podSlot = PodOrder<TSession, TFlow>.First(worker, TFamily.Sessions(worker)->Index, flow, service, hash);
        if (podSlot == PodOrder<TSession, TFlow>.NoPod) return Outcome.ReturnClash;
        Open(worker, batch, i, service->ServiceIndex, podSlot);
        return Outcome.Translated;
    }

    /// <summary>Opens a session with the pod and counts the packet.</summary>
    private static void Open(Worker* worker, PacketBatch* batch, uint i, uint serviceIndex, uint podSlot)
    {
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        uint kind = SessionUpdate.FirstKind(TFlow.ClassOf(flow), Segment(batch, i));
        bool isTracked = TFamily.Sessions(worker)->TryAdd(flow, batch->Hash[i], podSlot, kind);
        (isTracked ? worker->FirstSession : worker->Untracked)[serviceIndex]++;
        batch->PodSlot[i] = podSlot;
        batch->Session[i] = (byte)(isTracked ? SessionUse.First : SessionUse.Untracked);
    }

    private static TcpSegment Segment(PacketBatch* batch, uint i) =>
        SessionUpdate.Segment<TFamily, TSession, TFlow>((byte*)batch->Packet[i], TFlow.ClassOf(PacketBatch.FlowsOf<TFlow>(batch) + i));

    private static byte ProtocolOf(uint flowClass) => flowClass == FlowClass.Tcp ? IpProtocol.Tcp : IpProtocol.Udp;
}
