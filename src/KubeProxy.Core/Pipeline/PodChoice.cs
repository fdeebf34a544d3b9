using System.Runtime.Intrinsics.X86;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// The packets without a fresh session: uses the session that they have, or finds their service, chooses a pod by Maglev, and
/// remembers the choice. Nothing is remembered about a packet that gets no pod, so the first packet after a pod appears
/// is served.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class PodChoice<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>So many misses are worth a look ahead.</summary>
    private const uint Flood = 8;

    /// <summary>
    /// Works on the batch's first <paramref name="misses"/> misses. Those with a pod move to the front; answers their number.
    /// </summary>
    public static uint Run(Worker* worker, PacketBatch* batch, uint misses)
    {
        Snapshot* snapshot = (Snapshot*)Volatile.Read(ref *(nint*)&worker->Shared->Current);
        SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(worker);
        uint chosen = 0;
        uint prepared = OpenPath<TFamily, TSession, TFlow>.Prepare(worker, batch, misses, snapshot);
        uint displaced = sessions->DisplacedCount;
        uint emptied = sessions->EmptiedCount;
        if (misses - prepared >= Flood) Fetch(worker, batch, misses, snapshot);
        for (uint n = 0; n < misses; n++)
        {
            uint i = batch->Misses[n];

            // A session that this batch has opened in its second bucket would not be seen if its first has got room since.
            bool areBucketsAsTheyWere = sessions->DisplacedCount == displaced || sessions->EmptiedCount == emptied;
            if (batch->PodSlot[i] != PodOrder.NoPod && areBucketsAsTheyWere && OpenPath<TFamily, TSession, TFlow>.TryOpen(worker, batch, i))
            {
                batch->Misses[chosen++] = (ushort)i;
                continue;
            }

            TcpSegment segment = SessionUpdate.Segment<TFamily, TSession, TFlow>(
                (byte*)batch->Packet[i], TFlow.ClassOf(PacketBatch.FlowsOf<TFlow>(batch) + i));
            if (!TryExisting(worker, batch, i, segment, snapshot)) batch->Outcome[i] = (byte)Choose(worker, batch, i, segment, snapshot, isFragment: false);
            if (batch->Outcome[i] == (byte)Outcome.Translated) batch->Misses[chosen++] = (ushort)i;
        }

        return chosen;
    }

    /// <summary>
    /// Works on one fragment, of whose datagram it is known what it says; its flow and hash are in the batch. VPP brings the
    /// fragments of a flow to one worker and its whole packets, it may be, to another.
    /// </summary>
    public static void RunFragment(Worker* worker, PacketBatch* batch, uint i, TcpSegment segment)
    {
        Snapshot* snapshot = (Snapshot*)Volatile.Read(ref *(nint*)&worker->Shared->Current);
        if (!TryExisting(worker, batch, i, segment, snapshot)) batch->Outcome[i] = (byte)Choose(worker, batch, i, segment, snapshot, isFragment: true);
    }

    /// <summary>
    /// Has the bucket in the index of answers fetched in which opening a session with the first pod of each miss writes that <see cref="OpenPath{TFamily, TSession, TFlow}"/>
    /// is not for. Otherwise each packet of a flood waits for it.
    /// </summary>
    private static void Fetch(Worker* worker, PacketBatch* batch, uint misses, Snapshot* snapshot)
    {
        if (!Sse.IsSupported) return;
        ReturnIndex<TSession, TFlow>* index = TFamily.Sessions(worker)->Index;
        for (uint n = 0; n < misses; n++)
        {
            uint i = batch->Misses[n];
            if (batch->PodSlot[i] != PodOrder.NoPod) continue;
            if (FindService(batch, i, snapshot, out ServiceEntry* service, out _) != Outcome.Translated) continue;
            TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
            uint podSlot = ServiceEntry.Choose(service, (uint)TFlow.Hash(flow, &worker->Shared->ChoiceKey));
            TFlow back = TSession.Return(flow, worker->Shared->Pods + podSlot);
            index->Prefetch(TFlow.Hash(&back, &worker->Shared->SessionKey));
        }
    }

    /// <summary>
    /// The session may be in its second bucket, its stamp may want to be renewed, the packet may change the state of its
    /// connection, or an earlier packet of this frame has opened it.
    /// </summary>
    private static bool TryExisting(Worker* worker, PacketBatch* batch, uint i, TcpSegment segment, Snapshot* snapshot)
    {
        SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(worker);
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        uint entry = sessions->Find(flow, batch->Hash[i]);
        if (entry == SessionTable.NotFound) return false;
        if (segment == TcpSegment.Syn && TryFailOver(worker, batch, i, entry, snapshot)) return true;
        uint value = Volatile.Read(ref *sessions->Value(entry));
        if (value != 0 && !sessions->IsOver(value) && !IsSentOn(worker, batch, i, SessionValue.PodSlot(value))) return true;
        if (!SessionUpdate.TryUse(worker, sessions, entry, segment)) return false;
        uint podSlot = SessionValue.PodSlot(*sessions->Value(entry));
        worker->ExistingSession[worker->Shared->Pods[podSlot].ServiceIndex]++;
        batch->PodSlot[i] = podSlot;
        batch->SourcePort[i] = sessions->SourcePorts[entry];
        batch->Session[i] = (byte)SessionUse.Existing;
        return true;
    }

    /// <summary>
    /// A SYN comes again although its session was stamped a tick ago or earlier, and the pod has not answered: the
    /// session moves to the flow's next pod, if there is one. Once the pod has answered nothing moves.
    /// </summary>
    private static bool TryFailOver(Worker* worker, PacketBatch* batch, uint i, uint entry, Snapshot* snapshot)
    {
        SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(worker);
        uint value = Volatile.Read(ref *sessions->Value(entry));
        bool isUnanswered = value != 0 && SessionValue.Kind(value) == SessionKind.TcpOpening
            && !sessions->IsOver(value) && worker->Context.Clock.AgeSeconds(value) != 0;
        if (!isUnanswered || FindService(batch, i, snapshot, out ServiceEntry* service, out bool isOutside) != Outcome.Translated) return false;

        PodOrder<TSession, TFlow> order = OrderOf(worker, batch, i, service, isOutside);
        uint podSlot = order.Next(SessionValue.PodSlot(value));
        if (podSlot == PodOrder.NoPod || !order.TryTakeSourcePort(podSlot, out ushort portWire)) return false;
        if (!IsSentOn(worker, batch, i, podSlot)) return true;
        if (!sessions->TryRemove(entry, value)) return false;
        batch->Outcome[i] = (byte)Open(worker, batch, i, order, podSlot, SessionKind.TcpOpening, portWire);
        worker->FailedOver[service->ServiceIndex]++;
        return true;
    }

    private static Outcome Choose(Worker* worker, PacketBatch* batch, uint i, TcpSegment segment, Snapshot* snapshot, bool isFragment)
    {
        Outcome outcome = FindService(batch, i, snapshot, out ServiceEntry* service, out bool isOutside);
        if (outcome == Outcome.NoPod) worker->NoPod[service->ServiceIndex]++;
        if (outcome != Outcome.Translated) return outcome;
        if (!TFamily.IsFromOneHost((byte*)batch->Packet[i])) return Outcome.BadSource;

        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        PodOrder<TSession, TFlow> order = OrderOf(worker, batch, i, service, isOutside);
        bool isTcp = TFlow.ClassOf(flow) == FlowClass.Tcp;
        bool isMidFlow = isTcp && segment is not (TcpSegment.Syn or TcpSegment.SynAck);
        if (isMidFlow && TryRecover(worker, batch, i, segment, order)) return (Outcome)batch->Outcome[i];
        if (isFragment && !isTcp && TryShare(worker, batch, i, segment, service->ServiceIndex)) return (Outcome)batch->Outcome[i];
        uint podSlot = order.ForClient();
        if (podSlot == PodOrder.NoPod) return Outcome.ReturnClash;
        if (!order.TryTakeSourcePort(podSlot, out ushort portWire)) return Outcome.NoSourcePort;
        bool isUdpMasqueraded = portWire != 0 && !isTcp;
        if (isUdpMasqueraded && TryShare(worker, batch, i, segment, service->ServiceIndex)) return (Outcome)batch->Outcome[i];
        return Open(worker, batch, i, order, podSlot, SessionUpdate.FirstKind(TFlow.ClassOf(flow), segment), portWire);
    }

    /// <summary>
    /// The middle of a connection that this worker does not remember. Another worker may; otherwise it was, more likely than
    /// not, opened before the service's pods changed last. What an earlier table says counts only if it can be remembered:
    /// a connection that was never remembered, because tables are full, is balanced by the current table from its SYN on.
    /// Where clients have affinity, that tells more than an earlier table.
    /// </summary>
    private static bool TryRecover(Worker* worker, PacketBatch* batch, uint i, TcpSegment segment, PodOrder<TSession, TFlow> order)
    {
        if (TryShare(worker, batch, i, segment, order.Service->ServiceIndex)) return true;
        uint podSlot = order.Service->AffinitySeconds == 0 ? order.Earlier() : PodOrder.NoPod;
        if (podSlot == PodOrder.NoPod || !order.TryTakeSourcePort(podSlot, out ushort portWire)) return false;
        if (!IsSentOn(worker, batch, i, podSlot)) return true;
        SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(worker);
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        if (!sessions->TryAdd(flow, batch->Hash[i], podSlot, SessionUpdate.FirstKind(TFlow.ClassOf(flow), segment), portWire)) return false;
        Count(worker, batch, i, order.Service->ServiceIndex, podSlot, isTracked: true);
        batch->SourcePort[i] = portWire;
        return true;
    }

    /// <summary>
    /// Another worker has a session of the flow: its pod and its source port are this worker's too. A masqueraded flow whose packets
    /// reach two workers has one source for its pod that way.
    /// </summary>
    private static bool TryShare(Worker* worker, PacketBatch* batch, uint i, TcpSegment segment, uint serviceIndex)
    {
        SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(worker);
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        bool isFound = OtherWorkers<TSession, TFlow>.TryFind(
            sessions, worker->Shared->WorkerCount, flow, batch->Hash[i], isToServe: true, out uint value, out ushort portWire);
        if (!isFound) return false;
        uint podSlot = SessionValue.PodSlot(value);
        if (!IsSentOn(worker, batch, i, podSlot)) return true;
        bool isTracked = sessions->TryAdd(flow, batch->Hash[i], podSlot, SessionUpdate.FirstKind(TFlow.ClassOf(flow), segment), portWire);
        Count(worker, batch, i, serviceIndex, podSlot, isTracked);
        batch->SourcePort[i] = portWire;
        return true;
    }

    /// <summary>The service that the packet asks for, and whether it has a pod; whether it came from outside.</summary>
    internal static Outcome FindService(PacketBatch* batch, uint i, Snapshot* snapshot, out ServiceEntry* service, out bool isOutside)
    {
        service = null;
        isOutside = false;
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        VipEntry* vip = snapshot == null ? null : Snapshot.FindVip(snapshot, batch->VipSlot[i]);
        if (vip == null) return Outcome.NoVip;
        service = VipEntry.Find(vip, ProtocolOf(flow), TFlow.DestinationPort(flow));
        if (service == null) return WithoutService(vip, flow);
        isOutside = VipEntry.IsOutside(vip, batch->VipSlot[i]);
        return service->PodCount == 0 ? Outcome.NoPod : Outcome.Translated;
    }

    /// <summary>The reason for a flow that no service of a VIP is for: its protocol, or only its port.</summary>
    private static Outcome WithoutService(VipEntry* vip, TFlow* flow) => TFlow.ClassOf(flow) switch
    {
        FlowClass.Other when OtherHeader.ProtocolOf(FlowClass.Other, TFlow.DestinationPort(flow)) == TFamily.IcmpProtocol => Outcome.IcmpNotSupported,
        FlowClass.Other => Outcome.ProtocolNotSupported,
        FlowClass.Sctp when vip->HasSctp == 0 => Outcome.ProtocolNotSupported,
        _ => Outcome.UnknownPort,
    };

    private static PodOrder<TSession, TFlow> OrderOf(Worker* worker, PacketBatch* batch, uint i, ServiceEntry* service, bool isOutside) => new(
        worker, TFamily.Sessions(worker)->Index, PacketBatch.FlowsOf<TFlow>(batch) + i, service, ServiceEntry.Masquerades(service, isOutside));

    /// <summary>
    /// Opens a session with the pod, and counts the packet. What is masqueraded and cannot be remembered is refused: nobody would
    /// know whose the answers are.
    /// </summary>
    private static Outcome Open(
        Worker* worker, PacketBatch* batch, uint i, PodOrder<TSession, TFlow> order, uint podSlot, uint kind, ushort portWire)
    {
        if (!IsSentOn(worker, batch, i, podSlot)) return (Outcome)batch->Outcome[i];
        bool isTracked = TFamily.Sessions(worker)->TryAdd(PacketBatch.FlowsOf<TFlow>(batch) + i, batch->Hash[i], podSlot, kind, portWire);
        if (!isTracked && portWire != 0) return Outcome.NoSourcePort;
        Count(worker, batch, i, order.Service->ServiceIndex, podSlot, isTracked);
        batch->SourcePort[i] = portWire;
        order.Keep(podSlot);
        return Outcome.Translated;
    }

    /// <summary>False for a packet that cannot be sent on to the pod: its outcome says why, and no session hears of it.</summary>
    private static bool IsSentOn(Worker* worker, PacketBatch* batch, uint i, uint podSlot)
    {
        batch->Outcome[i] = (byte)Onward<TFamily, TSession, TFlow>.Check(batch, i, worker->Shared->Pods + podSlot);
        return batch->Outcome[i] == (byte)Outcome.Translated;
    }

    private static void Count(Worker* worker, PacketBatch* batch, uint i, uint serviceIndex, uint podSlot, bool isTracked)
    {
        (isTracked ? worker->FirstSession : worker->Untracked)[serviceIndex]++;
        batch->PodSlot[i] = podSlot;
        batch->Session[i] = (byte)(isTracked ? SessionUse.First : SessionUse.Untracked);
    }

    /// <summary>The protocol that a flow's service may name. One of class <see cref="FlowClass.Other"/> is for a service of any protocol only.</summary>
    private static byte ProtocolOf(TFlow* flow) =>
        TFlow.ClassOf(flow) == FlowClass.Other ? IpProtocol.Any : OtherHeader.ProtocolOf(TFlow.ClassOf(flow), TFlow.DestinationPort(flow));
}
