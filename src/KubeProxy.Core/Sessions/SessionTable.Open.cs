using System.Runtime.CompilerServices;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Sessions;

/// <content>The short way to a new session.</content>
public unsafe partial struct SessionTable<TSession, TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>
    /// Remembers a flow whose pod sees the client itself, if that is done with one write in each of two lines: there is an empty entry in one of the flow's buckets, and, in
    /// the first bucket of the hash of its answers, room and no session that might have the same. False: nothing has changed, or the flow is where its session would be put.
    /// </summary>
    public bool TryOpen(TFlow* flow, ulong hash, ulong answerHash, uint podSlot, uint kind)
    {
        if (FindFirst(flow, hash) != SessionTable.NotFound) return false;
        uint entry = FindEmpty(FirstEntry(hash));
        bool isAtHome = entry != SessionTable.NotFound;
        if (!isAtHome) entry = FindEmptyInSecond(flow, hash);
        if (entry == SessionTable.NotFound) return false;
        TSession.Write(Entries + entry, flow, SessionValue.Pack(podSlot, kind, Context->Clock.Now(kind)));
        if (!Index->TryAddAlone(answerHash, Context->WorkerIndex, entry))
        {
            Volatile.Write(ref *Value(entry), 0);
            return false;
        }

        if (!isAtHome) DisplacedCount++;
        Context->SessionsByPod[podSlot]++;
        LiveCount++;
        return true;
    }

    /// <summary>An empty entry of a hash's second bucket, for a flow that is not there and whose first bucket is full of sessions that are not over.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly uint FindEmptyInSecond(TFlow* flow, ulong hash)
    {
        for (uint entry = FirstEntry(hash); entry < FirstEntry(hash) + SessionTable.BucketLength; entry++)
            if (IsOver(*Value(entry))) return SessionTable.NotFound;
        return TSession.FindInBucket(Entries + SecondEntry(hash), flow) >= 0 ? SessionTable.NotFound : FindEmpty(SecondEntry(hash));
    }
}
