using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Sessions;

/// <summary>
/// What a session table needs to know of its entries: one implementation a family. Entries are written by the worker
/// that owns the table only; other workers read them while they change (see <see cref="Copy"/>).
/// </summary>
/// <typeparam name="TSelf">The entry.</typeparam>
/// <typeparam name="TFlow">The five-tuple of the family.</typeparam>
public unsafe interface ISession<TSelf, TFlow>
    where TSelf : unmanaged, ISession<TSelf, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Position of the flow's entry in a bucket, or -1.</summary>
    static abstract int FindInBucket(TSelf* bucket, TFlow* flow);

    /// <summary><see cref="FindInBucket"/> with plain comparisons.</summary>
    static abstract int FindScalar(TSelf* bucket, TFlow* flow);

    /// <summary>
    /// Value of a flow's entry in a bucket if its kind and tick are those of the stamp that <paramref name="wanted"/> has in the place of its class, or 0.
    /// </summary>
    static abstract uint FindFresh(TSelf* bucket, TFlow* wanted);

    /// <summary>Fetches the cache lines of a bucket that a look-up reads first.</summary>
    static abstract void Prefetch(TSelf* bucket);

    /// <summary>The entry's 32-bit value; 0 when the entry is empty.</summary>
    static abstract uint* Value(TSelf* entry);

    /// <summary>Fills an empty entry; the value becomes visible last.</summary>
    static abstract void Write(TSelf* entry, TFlow* flow, uint value);

    /// <summary>The entry's flow.</summary>
    static abstract TFlow Flow(TSelf* entry);

    /// <summary>Copies the entry as it was at one moment; answers its value, or 0 when it was empty or its owner was changing it.</summary>
    static abstract uint Copy(TSelf* shared, TSelf* copy);

    /// <summary>The five-tuple of the pod's answer to a flow.</summary>
    static abstract TFlow Return(TFlow* flow, PodRecord* pod);

    /// <summary><see cref="IsReturn"/> for a flow whose class is known to be the session's.</summary>
    static abstract bool IsFreshReturn(TSelf* entry, PodRecord* pod, TFlow* back);

    /// <summary>True when <paramref name="back"/> is the pod's answer to the session's flow.</summary>
    static abstract bool IsReturn(TSelf* entry, PodRecord* pod, TFlow* back);
}
