using KubeProxy.Core.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Sessions;

/// <summary>
/// Looks for a flow's session in the tables of all other workers: the client's packets reached one of them before. The tables
/// change meanwhile, so what is found is a copy that was right at one moment. Where a second session is to be opened, the pod must serve:
/// the session of a removed one may be the slot's last, and the slot another pod's before then (invariant SES-2).
/// </summary>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class OtherWorkers<TSession, TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Finds a session that is not over.</summary>
    /// <param name="own">The asking worker's table. Those of the others have as many buckets.</param>
    /// <param name="workerCount">Number of workers.</param>
    /// <param name="flow">The flow.</param>
    /// <param name="hash">Its session hash.</param>
    /// <param name="isToServe">True: of a pod that serves; false: also one that a removed pod has kept.</param>
    /// <param name="value">Value of the session.</param>
    /// <param name="sourcePortWire">Its source port; 0 when it is not masqueraded.</param>
    public static bool TryFind(
        SessionTable<TSession, TFlow>* own, uint workerCount, TFlow* flow, ulong hash, bool isToServe, out uint value, out ushort sourcePortWire)
    {
        for (uint worker = 0; worker < workerCount; worker++)
        {
            if (worker == own->Context->WorkerIndex) continue;
            bool isFound = TryFindIn(own, worker, own->FirstEntry(hash), flow, out value, out sourcePortWire)
                || TryFindIn(own, worker, own->SecondEntry(hash), flow, out value, out sourcePortWire);
            if (isFound && (!isToServe || IsServed(own, value))) return true;
        }

        value = 0;
        sourcePortWire = 0;
        return false;
    }

    private static bool TryFindIn(
        SessionTable<TSession, TFlow>* own, uint worker, uint firstEntry, TFlow* flow, out uint value, out ushort sourcePortWire)
    {
        value = 0;
        sourcePortWire = 0;
        TSession* bucket = own->Index->WorkerEntries[worker] + firstEntry;
        int position = TSession.FindInBucket(bucket, flow);
        TSession copy;
        if (position < 0 || TSession.Copy(bucket + position, &copy) == 0) return false;
        TFlow found = TSession.Flow(&copy);
        sourcePortWire = Volatile.Read(ref own->Index->WorkerSourcePorts[worker][firstEntry + (uint)position]);
        value = *TSession.Value(&copy);
        return !own->IsOver(value) && TFlow.AreSame(&found, flow);
    }

    private static bool IsServed(SessionTable<TSession, TFlow>* own, uint value) =>
        Volatile.Read(ref own->Context->Pods[SessionValue.PodSlot(value)].State) == PodState.Active;
}
