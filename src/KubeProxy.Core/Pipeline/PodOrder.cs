using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>Numbers of the order in which pods are tried.</summary>
public static class PodOrder
{
    /// <summary>Slot that is no pod's: the answer when there is none.</summary>
    public const uint NoPod = 0;

    /// <summary>Table slots tried.</summary>
    public const uint MaxAttempts = 16;

    /// <summary>
    /// Where in the table a flow's attempt looks: first at its own place, then all over the table. Neighbours would not do:
    /// a pod whose permutation has a small skip owns long runs of slots.
    /// </summary>
    public static uint Place(uint hash, uint attempt)
    {
        if (attempt == 0) return hash;
        uint place = hash + (attempt * 0x9E37_79B9);
        place = (place ^ (place >> 16)) * 0x7FEB_352D;
        place = (place ^ (place >> 15)) * 0x846C_A68B;
        return place ^ (place >> 16);
    }
}

/// <summary>
/// The order in which one flow's pods of one service are tried: the table's slots at <see cref="PodOrder.Place"/>. A pod is
/// passed over when its answers would belong to another session (the same client port talks to the same pod and port through
/// another VIP), unless the flow is masqueraded: then another source port keeps the two apart.
/// </summary>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
/// <param name="worker">The worker that the flow's packet is on.</param>
/// <param name="index">The index of answers.</param>
/// <param name="flow">The flow.</param>
/// <param name="service">The service that it asks for; it has pods.</param>
/// <param name="isMasqueraded">True when pods see another source than the client, whoever it is.</param>
public readonly unsafe struct PodOrder<TSession, TFlow>(
    Worker* worker, ReturnIndex<TSession, TFlow>* index, TFlow* flow, ServiceEntry* service, bool isMasqueraded)
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    private readonly Worker* _worker = worker;
    private readonly ReturnIndex<TSession, TFlow>* _index = index;
    private readonly TFlow* _flow = flow;
    private readonly ServiceEntry* _service = service;
    private readonly uint _hash = (uint)TFlow.Hash(flow, &worker->Shared->ChoiceKey);
    private readonly bool _isMasqueraded = isMasqueraded;

    /// <summary>The service.</summary>
    public ServiceEntry* Service => _service;

    /// <summary>
    /// The pod of a new flow: the one that its client used last, where the service has affinity, otherwise the first in order.
    /// </summary>
    public uint ForClient()
    {
        if (_service->AffinitySeconds == 0) return First();
        uint podSlot = _worker->Shared->Affinity.Find(
            ClientKey(), _service->ServiceIndex, _worker->Context.Clock.NowSeconds, _service->AffinitySeconds);
        return podSlot == PodOrder.NoPod || IsClash(podSlot) ? First() : podSlot;
    }

    /// <summary>The flow was opened with a pod: where the service has affinity, its client's next flow gets the same.</summary>
    public void Keep(uint podSlot)
    {
        if (_service->AffinitySeconds != 0)
            _worker->Shared->Affinity.Remember(ClientKey(), podSlot, _worker->Context.Clock.NowSeconds);
    }

    /// <summary>The first pod in order.</summary>
    public uint First()
    {
        for (uint attempt = 0; attempt < PodOrder.MaxAttempts; attempt++)
        {
            uint podSlot = At(attempt);
            if (!IsClash(podSlot)) return podSlot;
        }

        return PodOrder.NoPod;
    }

    /// <summary>
    /// The pod that comes after <paramref name="current"/> when pods are counted by their first slots; after the last, or
    /// when the table does not name the current one, the first that differs.
    /// </summary>
    public uint Next(uint current)
    {
        uint first = PodOrder.NoPod;
        bool isPast = false;
        for (uint attempt = 0; attempt < PodOrder.MaxAttempts; attempt++)
        {
            uint podSlot = At(attempt);
            isPast |= podSlot == current;
            bool isNew = podSlot != current && !IsAmong(attempt, podSlot);
            if (!isNew || (first != PodOrder.NoPod && !isPast) || IsClash(podSlot)) continue;
            if (isPast) return podSlot;
            first = podSlot;
        }

        return first;
    }

    /// <summary>
    /// The pod of a connection of which nobody remembers anything: the one that an earlier table gave, if it serves still.
    /// </summary>
    public uint Earlier()
    {
        for (int i = 0; i < ServiceEntry.EarlierCount; i++)
        {
            ServiceEntry* earlier = ServiceEntry.Earlier(_service)[i];
            if (earlier == null) break;
            uint podSlot = ServiceEntry.Choose(earlier, _hash);
            if (PodRecord.ServesSince(_worker->Shared->Pods + podSlot, earlier->LatestBirth) && !IsClash(podSlot)) return podSlot;
        }

        return PodOrder.NoPod;
    }

    /// <summary>
    /// A source port for the flow's session with a pod, in wire order; 0 when the pod is to see the client itself. False when
    /// the worker has no port free towards the pod, or the flow's protocol has no ports.
    /// </summary>
    public bool TryTakeSourcePort(uint podSlot, out ushort portWire)
    {
        portWire = 0;
        PodRecord* pod = _worker->Shared->Pods + podSlot;
        if (!_isMasqueraded && !Masquerade<TFlow>.IsHairpin(_flow, pod)) return true;
        if (TFlow.ClassOf(_flow) == FlowClass.Other) return false;
        uint attempts = Math.Min(_worker->SourcePorts.Count, SourcePorts.MaxAttempts);
        for (uint attempt = 0; attempt < attempts; attempt++)
        {
            portWire = _worker->SourcePorts.At(_hash, attempt);
            TFlow seen = Masquerade<TFlow>.Seen(_flow, pod, _worker->Shared->Masquerades, portWire);
            if (!IsTaken(&seen, pod)) return true;
        }

        return false;
    }

    private uint At(uint attempt) => ServiceEntry.Choose(_service, PodOrder.Place(_hash, attempt));

    private ulong ClientKey()
    {
        TFlow client = TFlow.ClientOf(_flow, _service->ServiceIndex);
        return TFlow.Hash(&client, &_worker->Shared->SessionKey);
    }

    private bool IsAmong(uint slotCount, uint podSlot)
    {
        for (uint i = 0; i < slotCount; i++)
            if (At(i) == podSlot) return true;
        return false;
    }

    private bool IsClash(uint podSlot) => !_isMasqueraded && IsTaken(_flow, _worker->Shared->Pods + podSlot);

    /// <summary>True when a pod's answers to a flow belong to another flow's live session, on whichever worker and in whichever family's tables.</summary>
    private bool IsTaken(TFlow* seen, PodRecord* pod)
    {
        TFlow back = TSession.Return(seen, pod);
        if (OtherFamilyAnswers.Have(_worker, &back)) return true;
        ulong hash = TFlow.Hash(&back, &_worker->Shared->SessionKey);
        uint candidates = _index->Candidates(hash);
        if (candidates == 0) return false;
        TSession copy;
        ushort portWire;
        if (_index->FindLive(&back, hash, candidates, &_worker->Context.Clock, &copy, &portWire) == null) return false;
        TFlow owner = TSession.Flow(&copy);
        return !TFlow.AreSame(&owner, _flow);
    }
}
