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
}

/// <summary>
/// The order in which a flow's pods are tried: the table's slots from the flow's hash on. A pod is passed over when its
/// answers would belong to another session (the same client port talks to the same pod and port through another VIP).
/// </summary>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class PodOrder<TSession, TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>The first pod in order.</summary>
    public static uint First(Worker* worker, ReturnIndex<TSession, TFlow>* index, TFlow* flow, ServiceEntry* service, uint hash)
    {
        for (uint attempt = 0; attempt < PodOrder.MaxAttempts; attempt++)
        {
            uint podSlot = ServiceEntry.Choose(service, hash + attempt);
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
            uint podSlot = ServiceEntry.Choose(service, hash + attempt);
            isPast |= podSlot == current;
            bool isNew = podSlot != current && !IsAmong(service, hash, attempt, podSlot);
            if (!isNew || (first != PodOrder.NoPod && !isPast) || IsClash(worker, index, flow, podSlot)) continue;
            if (isPast) return podSlot;
            first = podSlot;
        }

        return first;
    }

    private static bool IsAmong(ServiceEntry* service, uint hash, uint slotCount, uint podSlot)
    {
        for (uint i = 0; i < slotCount; i++)
            if (ServiceEntry.Choose(service, hash + i) == podSlot) return true;
        return false;
    }

    private static bool IsClash(Worker* worker, ReturnIndex<TSession, TFlow>* index, TFlow* flow, uint podSlot)
    {
        TFlow back = TSession.Return(flow, worker->Shared->Pods + podSlot);
        ulong hash = TFlow.Hash(&back, &worker->Shared->SessionKey);
        uint candidates = index->Candidates(hash);
        if (candidates == 0) return false;
        TSession copy;
        return index->FindLive(&back, hash, candidates, &worker->Context.Clock, &copy) != null
            && !IsSame(TSession.Flow(&copy), *flow);
    }

    private static bool IsSame(TFlow a, TFlow b) =>
        new ReadOnlySpan<byte>(&a, sizeof(TFlow)).SequenceEqual(new ReadOnlySpan<byte>(&b, sizeof(TFlow)));
}
