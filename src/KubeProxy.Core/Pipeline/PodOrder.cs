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

    /// <summary>Table slots looked at for a connection that another worker remembers.</summary>
    public const uint ElsewhereAttempts = 4;

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

/// <summary>Whose session the answers of a pod belong to.</summary>
internal enum ReturnOwner
{
    /// <summary>No live session's.</summary>
    Nobody,

    /// <summary>The flow's own, on whichever worker.</summary>
    ThisFlow,

    /// <summary>Another flow's.</summary>
    OtherFlow,
}

/// <summary>
/// The order in which a flow's pods are tried: the table's slots at <see cref="PodOrder.Place"/>. A pod is passed over when its
/// answers would belong to another session (the same client port talks to the same pod and port through another VIP).
/// </summary>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class PodOrder<TSession, TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>
    /// The pod of a new flow: the one that its client used last, where the service has affinity, otherwise the first in order.
    /// </summary>
    public static uint ForClient(Worker* worker, ReturnIndex<TSession, TFlow>* index, TFlow* flow, ServiceEntry* service, uint hash)
    {
        if (service->AffinitySeconds == 0) return First(worker, index, flow, service, hash);
        ulong key = ClientKey(worker, flow, service);
        uint podSlot = worker->Shared->Affinity.Find(
            key, service->ServiceIndex, worker->Context.Clock.NowSeconds, service->AffinitySeconds);
        return podSlot == PodOrder.NoPod || IsClash(worker, index, flow, podSlot) ? First(worker, index, flow, service, hash) : podSlot;
    }

    /// <summary>A flow was opened with a pod: where the service has affinity, its client's next flow gets the same.</summary>
    public static void Keep(Worker* worker, TFlow* flow, ServiceEntry* service, uint podSlot)
    {
        if (service->AffinitySeconds != 0)
            worker->Shared->Affinity.Remember(ClientKey(worker, flow, service), podSlot, worker->Context.Clock.NowSeconds);
    }

    private static ulong ClientKey(Worker* worker, TFlow* flow, ServiceEntry* service)
    {
        TFlow client = TFlow.ClientOf(flow, service->ServiceIndex);
        return TFlow.Hash(&client, &worker->Shared->SessionKey);
    }

    /// <summary>The first pod in order.</summary>
    public static uint First(Worker* worker, ReturnIndex<TSession, TFlow>* index, TFlow* flow, ServiceEntry* service, uint hash)
    {
        for (uint attempt = 0; attempt < PodOrder.MaxAttempts; attempt++)
        {
            uint podSlot = ServiceEntry.Choose(service, PodOrder.Place(hash, attempt));
            if (!IsClash(worker, index, flow, podSlot)) return podSlot;
        }

        return PodOrder.NoPod;
    }

    /// <summary>
    /// The pod that comes after <paramref name="current"/> when pods are counted by their first slots; after the last, or
    /// when the table does not name the current one, the first that differs.
    /// </summary>
    public static uint Next(
        Worker* worker, ReturnIndex<TSession, TFlow>* index, TFlow* flow, ServiceEntry* service, uint hash, uint current)
    {
        uint first = PodOrder.NoPod;
        bool isPast = false;
        for (uint attempt = 0; attempt < PodOrder.MaxAttempts; attempt++)
        {
            uint podSlot = ServiceEntry.Choose(service, PodOrder.Place(hash, attempt));
            isPast |= podSlot == current;
            bool isNew = podSlot != current && !IsAmong(service, hash, attempt, podSlot);
            if (!isNew || (first != PodOrder.NoPod && !isPast) || IsClash(worker, index, flow, podSlot)) continue;
            if (isPast) return podSlot;
            first = podSlot;
        }

        return first;
    }

    /// <summary>
    /// The pod of a connection of which nobody remembers anything: the one that an earlier table gave, if it serves still.
    /// </summary>
    public static uint Earlier(Worker* worker, ReturnIndex<TSession, TFlow>* index, TFlow* flow, ServiceEntry* service, uint hash)
    {
        for (int i = 0; i < ServiceEntry.EarlierCount; i++)
        {
            ServiceEntry* earlier = ServiceEntry.Earlier(service)[i];
            if (earlier == null) break;
            uint podSlot = ServiceEntry.Choose(earlier, hash);
            if (PodRecord.ServesSince(worker->Shared->Pods + podSlot, earlier->LatestBirth)
                && OwnerOf(worker, index, flow, podSlot) != ReturnOwner.OtherFlow)
            {
                return podSlot;
            }
        }

        return PodOrder.NoPod;
    }

    /// <summary>
    /// The pod of a connection that another worker remembers: its packets reach this worker now. The pods that the current and
    /// the earlier tables name first are asked for; they must serve.
    /// </summary>
    public static uint Elsewhere(Worker* worker, ReturnIndex<TSession, TFlow>* index, TFlow* flow, ServiceEntry* service, uint hash)
    {
        for (uint attempt = 0; attempt < PodOrder.ElsewhereAttempts; attempt++)
        {
            uint podSlot = ServiceEntry.Choose(service, PodOrder.Place(hash, attempt));
            if (OwnerOf(worker, index, flow, podSlot) == ReturnOwner.ThisFlow) return podSlot;
        }

        for (int i = 0; i < ServiceEntry.EarlierCount && ServiceEntry.Earlier(service)[i] != null; i++)
        {
            ServiceEntry* earlier = ServiceEntry.Earlier(service)[i];
            uint podSlot = ServiceEntry.Choose(earlier, hash);
            if (PodRecord.ServesSince(worker->Shared->Pods + podSlot, earlier->LatestBirth)
                && OwnerOf(worker, index, flow, podSlot) == ReturnOwner.ThisFlow)
            {
                return podSlot;
            }
        }

        return PodOrder.NoPod;
    }

    private static bool IsAmong(ServiceEntry* service, uint hash, uint slotCount, uint podSlot)
    {
        for (uint i = 0; i < slotCount; i++)
            if (ServiceEntry.Choose(service, PodOrder.Place(hash, i)) == podSlot) return true;
        return false;
    }

    private static bool IsClash(Worker* worker, ReturnIndex<TSession, TFlow>* index, TFlow* flow, uint podSlot) =>
        OwnerOf(worker, index, flow, podSlot) == ReturnOwner.OtherFlow;

    /// <summary>Whose session, on whichever worker, the answers of a pod to the flow belong to.</summary>
    private static ReturnOwner OwnerOf(Worker* worker, ReturnIndex<TSession, TFlow>* index, TFlow* flow, uint podSlot)
    {
        TFlow back = TSession.Return(flow, worker->Shared->Pods + podSlot);
        ulong hash = TFlow.Hash(&back, &worker->Shared->SessionKey);
        uint candidates = index->Candidates(hash);
        if (candidates == 0) return ReturnOwner.Nobody;
        TSession copy;
        if (index->FindLive(&back, hash, candidates, &worker->Context.Clock, &copy) == null) return ReturnOwner.Nobody;
        return IsSame(TSession.Flow(&copy), *flow) ? ReturnOwner.ThisFlow : ReturnOwner.OtherFlow;
    }

    private static bool IsSame(TFlow a, TFlow b) =>
        new ReadOnlySpan<byte>(&a, sizeof(TFlow)).SequenceEqual(new ReadOnlySpan<byte>(&b, sizeof(TFlow)));
}
