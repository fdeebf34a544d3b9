using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Plain packets without a fresh session in their first bucket, many at a time: those whose session was stamped in an earlier tick, which where flows are slow are nearly
/// all, and those whose session is in its second bucket, which in a half full table a few in a hundred are.
/// <code>
///   first bucket: stale? ─┬─ stamp it ───────────────────────────────────────────▶ pod
///                         └─ fetch second bucket ─▶ fresh, or stale and stamped? ─┬─▶ pod
///                                                                                 └─▶ a new flow, or the longer way
/// </code>
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
internal static unsafe class StalePath<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Gives the batch's first <paramref name="misses"/> misses their pods where it finds them; they stay among the misses.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run(Worker* worker, PacketBatch* batch, uint misses)
    {
        TFlow* flows = PacketBatch.FlowsOf<TFlow>(batch);
        SessionTable<TSession, TFlow>* sessions = TFamily.Sessions(worker);
        uint left = 0;
        for (uint n = 0; n < misses; n++)
        {
            uint i = batch->Misses[n];
            if (TFlow.ClassOf(flows + i) == PacketBatch.NoStamp) continue;
            TFlow flow;
            TFlow.CopyWithClass(flows + i, PlainFlow<TFlow>.ClassOf(flows + i), &flow);
            if (IsHere(worker, batch, i, &flow)) continue;
            batch->Hash[i] = TFlow.Hash(&flow, &worker->Shared->SessionKey);
            TSession* second = sessions->Entries + sessions->SecondEntry(batch->Hash[i]);
            TSession.Prefetch(second);
            batch->Bucket[i] = (ulong)second;
            batch->Work[left++] = (ushort)i;
        }

        for (uint n = 0; n < left; n++) LookAgain(worker, batch, batch->Work[n]);
    }

    private static void LookAgain(Worker* worker, PacketBatch* batch, uint i)
    {
        TFlow* wanted = PacketBatch.FlowsOf<TFlow>(batch) + i;
        TFlow flow;
        TFlow.CopyWithClass(wanted, PlainFlow<TFlow>.ClassOf(wanted), &flow);
        if (!IsHere(worker, batch, i, &flow)) batch->Bucket[i] = PacketBatch.NoBucket;
    }

    /// <summary>True when the packet's bucket has a session of its flow; it is stamped then, and gives the packet its pod, if that is all there is to do.</summary>
    private static bool IsHere(Worker* worker, PacketBatch* batch, uint i, TFlow* flow)
    {
        TSession* bucket = (TSession*)batch->Bucket[i];
        int position = TSession.FindInBucket(bucket, flow);
        if (position < 0) return false;
        uint stamp = TFlow.ClassOf(PacketBatch.FlowsOf<TFlow>(batch) + i);
        PodRecord* pod = Stamp(worker, TSession.Value(bucket + position), stamp, batch->Length[i]);
        if (pod != null) batch->Pod[i] = (ulong)pod;
        return true;
    }

    /// <summary>
    /// Stamps a session, if the packet has none of the flags that change a connection's state, the session is of the kind that stays as it is but for its time, is not over,
    /// and its pod takes the packet: the answer. Otherwise null. The owner's stamp of a TCP session is a compare-and-swap: another worker may move its state on.
    /// </summary>
    private static PodRecord* Stamp(Worker* worker, uint* shared, uint stamp, uint lengthBytes)
    {
        if (SessionValue.PodSlot(stamp) != 0) return null;
        uint value = Volatile.Read(ref *shared);
        PodRecord* pod = worker->Shared->Pods + SessionValue.PodSlot(value);
        bool isUsable = value != 0 && SessionValue.Kind(value) == SessionValue.Kind(stamp) && !worker->Context.Clock.IsExpired(value)
            && lengthBytes <= pod->ShortWayBytes;
        if (!isUsable) return null;
        uint next = stamp | SessionValue.PodSlot(value);
        if (next == value) return pod;
        if (!SessionValue.IsOfClass(value, FlowClass.Tcp)) Volatile.Write(ref *shared, next);
        else if (Interlocked.CompareExchange(ref *shared, next, value) != value) return null;
        return pod;
    }
}
