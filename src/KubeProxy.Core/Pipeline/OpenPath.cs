using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// The first packets of flows that ask for nothing special, many at a time: plain UDP or a SYN, which <see cref="StalePath{TFamily, TSession, TFlow}"/> has found to have no
/// session, for a service without affinity, whose pod sees the client itself.
/// <code>
///   service, pod, hash of the answers, fetch their bucket ─▶ write session, point the index to it ─┬─▶ pod
///                                                                                                  └─▶ the longer way
/// </code>
/// What the longer way (<see cref="PodChoice{TFamily, TSession, TFlow}"/>) would do, in fewer steps: it takes every flow whose buckets are full, whose answers might belong to
/// another session, or that an earlier packet of the batch has opened. The session of that one is where this one's would be put, unless its first bucket was full then and is
/// not now.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
internal static unsafe class OpenPath<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>
    /// Chooses the pods of the packets that it is for, and has the memory fetched that opening their sessions touches; the others get no pod. Answers how many got one.
    /// </summary>
    public static uint Prepare(Worker* worker, PacketBatch* batch, uint misses, Snapshot* snapshot)
    {
        ReturnIndex<TSession, TFlow>* index = TFamily.Sessions(worker)->Index;
        uint prepared = 0;
        for (uint n = 0; n < misses; n++)
        {
            uint i = batch->Misses[n];
            batch->PodSlot[i] = PodOrder.NoPod;
            if (batch->Bucket[i] != PacketBatch.NoBucket || !IsFirst(batch, i)) continue;
            Outcome outcome = PodChoice<TFamily, TSession, TFlow>.FindService(batch, i, snapshot, out ServiceEntry* service, out bool isOutside);
            if (outcome != Outcome.Translated || service->AffinitySeconds != 0 || ServiceEntry.Masquerades(service, isOutside)) continue;
            TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
            uint podSlot = ServiceEntry.Choose(service, (uint)TFlow.Hash(flow, &worker->Shared->ChoiceKey));
            PodRecord* pod = worker->Shared->Pods + podSlot;
            if (batch->Length[i] > pod->ShortWayBytes || Masquerade<TFlow>.IsHairpin(flow, pod)) continue;
            TFlow back = TSession.Return(flow, pod);
            if (OtherFamilyAnswers.Have(worker, &back)) continue;
            ulong answerHash = TFlow.Hash(&back, &worker->Shared->SessionKey);
            index->Prefetch(answerHash);
            batch->Found[i] = answerHash;
            batch->PodSlot[i] = podSlot;
            prepared++;
        }

        return prepared;
    }

    /// <summary>True for a packet that opens a session whatever was before: UDP or a SYN, from one host.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsFirst(PacketBatch* batch, uint i)
    {
        uint flowClass = TFlow.ClassOf(PacketBatch.FlowsOf<TFlow>(batch) + i);
        byte* packet = (byte*)batch->Packet[i];
        return TFamily.IsFromOneHost(packet)
            && (flowClass != FlowClass.Tcp || SessionUpdate.Segment<TFamily, TSession, TFlow>(packet, flowClass) == TcpSegment.Syn);
    }

    /// <summary>Opens the session of a packet that has got a pod, and counts it; the packet is counted where it is rewritten.</summary>
    public static bool TryOpen(Worker* worker, PacketBatch* batch, uint i)
    {
        TFlow* flow = PacketBatch.FlowsOf<TFlow>(batch) + i;
        uint podSlot = batch->PodSlot[i];
        uint kind = SessionUpdate.FirstKind(TFlow.ClassOf(flow), TcpSegment.Syn);
        if (!TFamily.Sessions(worker)->TryOpen(flow, batch->Hash[i], batch->Found[i], podSlot, kind)) return false;
        worker->FirstSession[worker->Shared->Pods[podSlot].ServiceIndex]++;
        batch->Session[i] = (byte)SessionUse.First;
        batch->SourcePort[i] = 0;
        return true;
    }
}
