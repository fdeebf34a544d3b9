using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// ICMP beside the plain stages, in both directions, for frames that have other packets than TCP and UDP (RFC 5508 section 4):
/// <code>
///   forward   client's side ─▶ [ VIP | error about VIP → client ]           ─▶ [ pod | error about pod → client ]
///   return    pod's side    ─▶ [ pod → client | error about client → pod ]  ─▶ [ VIP → client | error about client → VIP ]
/// </code>
/// The quoted packet, turned round, names the session; where the session is masqueraded the pod's side has the masquerade's source in
/// place of the client. Whatever an error says, its session stays as it is: anybody can send one. An echo request to a VIP is only
/// sorted out here (<see cref="Outcome.EchoRequest"/>).
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class IcmpPath<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Client → VIP → pod: what parsing has found to be ICMP among the first <paramref name="count"/> packets.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Forward(Worker* worker, PacketBatch* batch, uint count)
    {
        for (uint i = 0; i < count; i++)
            if (batch->Outcome[i] == (byte)Outcome.IcmpNotSupported) batch->Outcome[i] = (byte)ForwardOne(worker, batch, i);
    }

    /// <summary>Pod → client: among the first <paramref name="count"/> packets those that no session had.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Return(Worker* worker, PacketBatch* batch, uint count)
    {
        IcmpMessage message;
        for (uint i = 0; i < count; i++)
        {
            if (batch->Outcome[i] == (byte)Outcome.Translated) continue;
            if (!TFamily.TryReadIcmp((byte*)batch->Packet[i], batch->Available[i], &message) || !TFamily.IsError(message.Type)) continue;
            ReturnOne(worker, batch, i, &message);
        }
    }

    /// <summary>
    /// Client → node: puts the VIP slots of errors about packets that left from a node port into the batch. They are not verified here:
    /// the forward path does that.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void FindNodePorts(Worker* worker, PacketBatch* batch, uint count)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        NodePortTable nodePorts = *TFamily.NodePorts(worker->Shared);
        for (uint i = 0; i < count; i++)
        {
            byte* packet = (byte*)batch->Packet[i];
            IcmpMessage message;
            IcmpQuote quote;
            bool isError = batch->VipSlot[i] == NodePortTable.NoSlot && TFamily.TryReadIcmp(packet, batch->Available[i], &message)
                && TFamily.IsError(message.Type) && TFamily.MayLeaveLink(packet)
                && TFamily.ReadQuote(&message, &quote) == Outcome.Translated && TFamily.IsToSender(packet, &quote)
                && quote.Protocol != IpProtocol.Sctp;
            if (!isError) continue;
            flows[i] = TFamily.AnswerTo(&quote);
            batch->VipSlot[i] = nodePorts.Find(TFlow.ClassOf(flows + i), TFlow.DestinationPort(flows + i));
        }
    }

    private static Outcome ForwardOne(Worker* worker, PacketBatch* batch, uint i)
    {
        byte* packet = (byte*)batch->Packet[i];
        IcmpMessage message;
        if (!TFamily.TryReadIcmp(packet, batch->Available[i], &message)) return Outcome.Truncated;
        if (message.Type == TFamily.EchoRequestType) return Echo(worker, batch->VipSlot[i]);
        if (!TFamily.IsError(message.Type)) return Outcome.IcmpNotSupported;
        IcmpQuote quote;
        Outcome outcome = Read(packet, &message, &quote);
        if (outcome != Outcome.Translated) return outcome;

        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        *flow = TFamily.AnswerTo(&quote);
        bool isKnown = TFamily.IsToSender(packet, &quote);
        if (!isKnown || !TryFind(worker, flow, out uint podSlot, out ushort sourcePortWire)) return Outcome.IcmpNoSession;
        PodRecord* pod = worker->Shared->Pods + podSlot;
        outcome = Onward<TFamily, TSession, TFlow>.Check(batch, i, pod);
        if (outcome != Outcome.Translated) return outcome;
        TFlow seen = Masquerade<TFlow>.Seen(flow, pod, worker->Shared->Masquerades, sourcePortWire);
        ToPod(packet, &message, &quote, flow, &seen, pod);
        Note(batch, i, podSlot);
        batch->Target[i] = pod->ForwardTarget;
        return Outcome.Translated;
    }

    /// <summary>
    /// The error becomes one about what the pod has sent. Where the pod sees another source than the client, an error of the client's
    /// own comes from that source too; a router on the way keeps its address.
    /// </summary>
    private static void ToPod(byte* packet, IcmpMessage* message, IcmpQuote* quote, TFlow* flow, TFlow* seen, PodRecord* pod)
    {
        TFlow sent = TSession.Return(seen, pod);
        bool isFromClient = TFlow.IsFrom(flow, TFamily.SourceOf(packet));
        ulong change = TFamily.SetQuote(quote, &sent) + TFamily.SetIcmpDestination(packet, pod->Address);
        if (isFromClient) change += TFamily.SetIcmpSource(packet, TFlow.SourceOf(seen));
        *message->Checksum = InternetChecksum.Update(*message->Checksum, change);
    }

    /// <summary>
    /// The error becomes one about what the client has sent, from the address that it was sent to: nobody behind that is the
    /// client's business (RFC 5508 REQ-5).
    /// </summary>
    private static void ReturnOne(Worker* worker, PacketBatch* batch, uint i, IcmpMessage* message)
    {
        byte* packet = (byte*)batch->Packet[i];
        IcmpQuote quote;
        if (Read(packet, message, &quote) != Outcome.Translated || !TFamily.IsToSender(packet, &quote)) return;
        TFlow back = TFamily.AnswerTo(&quote);
        ulong hash = TFlow.Hash(&back, &worker->Shared->SessionKey);
        ReturnIndex<TSession, TFlow>* index = TFamily.Sessions(worker)->Index;
        TSession session;
        ushort sourcePortWire;
        if (index->FindLive(&back, hash, index->Candidates(hash), &worker->Context.Clock, &session, &sourcePortWire) == null) return;

        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        *flow = TSession.Flow(&session);
        ulong change = TFamily.SetQuote(&quote, flow) + TFamily.SetIcmpSource(packet, TFlow.DestinationOf(flow))
            + TFamily.SetIcmpDestination(packet, TFlow.SourceOf(flow));
        *message->Checksum = InternetChecksum.Update(*message->Checksum, change);
        Note(batch, i, SessionValue.PodSlot(*TSession.Value(&session)));
        batch->Outcome[i] = (byte)Outcome.Translated;
    }

    /// <summary>The quote of an error whose checksum is right, as far as the first piece can tell; a wrong one stays wrong otherwise.</summary>
    private static Outcome Read(byte* packet, IcmpMessage* message, IcmpQuote* quote)
    {
        bool isWhole = message->LengthBytes <= message->AvailableBytes;
        if (isWhole && InternetChecksum.Fold(SumOf(packet, message)) != ushort.MaxValue) return Outcome.IcmpDamaged;
        return TFamily.ReadQuote(message, quote);
    }

    private static ulong SumOf(byte* packet, IcmpMessage* message) =>
        InternetChecksum.Sum(message->Start, message->LengthBytes) + TFamily.IcmpPseudoSum(packet, message->LengthBytes);

    /// <summary>The session of a client's flow, on whichever worker; it is read and left as it is.</summary>
    private static bool TryFind(Worker* worker, TFlow* flow, out uint podSlot, out ushort sourcePortWire)
    {
        SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(worker);
        ulong hash = TFlow.Hash(flow, &worker->Shared->SessionKey);
        uint entry = sessions->Find(flow, hash);
        if (entry != SessionTable.NotFound && !sessions->IsOver(*sessions->Value(entry)))
        {
            podSlot = SessionValue.PodSlot(*sessions->Value(entry));
            sourcePortWire = sessions->SourcePorts[entry];
            return true;
        }

        bool isFound = OtherWorkers<TSession, TFlow>.TryFind(
            sessions, worker->Shared->WorkerCount, flow, hash, isToServe: false, out uint value, out sourcePortWire);
        podSlot = SessionValue.PodSlot(value);
        return isFound;
    }

    /// <summary>
    /// A VIP with ports answers for its pods; without one, nobody is there. To a VIP that takes every protocol an echo request has gone
    /// to a pod already (<see cref="OtherPath{TFamily, TSession, TFlow}"/>).
    /// </summary>
    private static Outcome Echo(Worker* worker, uint vipSlot)
    {
        Snapshot* snapshot = (Snapshot*)Volatile.Read(ref *(nint*)&worker->Shared->Current);
        VipEntry* vip = snapshot == null ? null : Snapshot.FindVip(snapshot, vipSlot);
        if (vip == null) return Outcome.NoVip;
        return vip->IsServing != 0 ? Outcome.EchoRequest : Outcome.EchoNoPod;
    }

    private static void Note(PacketBatch* batch, uint i, uint podSlot)
    {
        batch->PodSlot[i] = podSlot;
        batch->Session[i] = (byte)SessionUse.Quoted;
    }
}
