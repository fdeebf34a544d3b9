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
///                                                                                 └─▶ the longer way
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
            TFlow flow = flows[i];
            TFlow.SetClass(&flow, PlainFlow<TFlow>.ClassOf(&flow));
            if (TryStamp(worker, batch, i, &flow, TFlow.ClassOf(flows + i))) continue;
            TSession* second = sessions->Entries + sessions->SecondEntry(TFlow.Hash(&flow, &worker->Shared->SessionKey));
            TSession.Prefetch(second);
            batch->Bucket[i] = (ulong)second;
            batch->Work[left++] = (ushort)i;
        }

        for (uint n = 0; n < left; n++) LookAgain(worker, batch, batch->Work[n]);
    }

    private static void LookAgain(Worker* worker, PacketBatch* batch, uint i)
    {
        TFlow* wanted = PacketBatch.FlowsOf<TFlow>(batch) + i;
        uint podSlot = SessionValue.PodSlot(TSession.FindFresh((TSession*)batch->Bucket[i], wanted));
        if (podSlot != 0)
        {
            batch->Pod[i] = (ulong)(worker->Shared->Pods + podSlot);
            return;
        }

        TFlow flow = *wanted;
        TFlow.SetClass(&flow, PlainFlow<TFlow>.ClassOf(&flow));
        _ = TryStamp(worker, batch, i, &flow, TFlow.ClassOf(wanted));
    }

    /// <summary>
    /// Stamps the flow's session in the packet's bucket, if it is of the kind that stays as it is but for its time, is not over, and its pod takes the packet. The
    /// owner's stamp of a TCP session is a compare-and-swap: another worker may move its state on.
    /// </summary>
    private static bool TryStamp(Worker* worker, PacketBatch* batch, uint i, TFlow* flow, uint stamp)
    {
        if (SessionValue.PodSlot(stamp) != 0) return false;
        TSession* bucket = (TSession*)batch->Bucket[i];
        int position = TSession.FindInBucket(bucket, flow);
        if (position < 0) return false;
        uint* shared = TSession.Value(bucket + position);
        uint value = Volatile.Read(ref *shared);
        PodRecord* pod = worker->Shared->Pods + SessionValue.PodSlot(value);
        bool isUsable = value != 0 && SessionValue.Kind(value) == SessionValue.Kind(stamp) && !worker->Context.Clock.IsExpired(value)
            && batch->Length[i] <= pod->ShortWayBytes;
        if (!isUsable) return false;
        uint next = stamp | SessionValue.PodSlot(value);
        if (TFlow.ClassOf(flow) != FlowClass.Tcp) Volatile.Write(ref *shared, next);
        else if (Interlocked.CompareExchange(ref *shared, next, value) != value) return false;
        batch->Pod[i] = (ulong)pod;
        return true;
    }
}
