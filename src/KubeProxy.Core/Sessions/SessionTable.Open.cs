using KubeProxy.Core.Net;

namespace KubeProxy.Core.Sessions;

/// <content>The short way to a new session.</content>
public unsafe partial struct SessionTable<TSession, TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>
    /// Remembers a flow whose pod sees the client itself, if that is done with one write in each of two lines: there is room in the flow's first bucket, and, in the
    /// first bucket of the hash of its answers, room and no session that might have the same. False: nothing has changed, or the flow is in its first bucket already.
    /// </summary>
    public bool TryOpen(TFlow* flow, ulong hash, ulong answerHash, uint podSlot, uint kind)
    {
        TSession* bucket = Entries + FirstEntry(hash);
        if (TSession.FindInBucket(bucket, flow) >= 0) return false;
        uint entry = FindEmpty(FirstEntry(hash));
        if (entry == SessionTable.NotFound) return false;
        TSession.Write(Entries + entry, flow, SessionValue.Pack(podSlot, kind, Context->Clock.Now(kind)));
        if (!Index->TryAddAlone(answerHash, Context->WorkerIndex, entry))
        {
            Volatile.Write(ref *Value(entry), 0);
            return false;
        }

        Context->SessionsByPod[podSlot]++;
        LiveCount++;
        return true;
    }
}
