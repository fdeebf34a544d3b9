using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;

namespace KubeProxy.Fuzz.Packets;

/// <summary>A copy of all memory that packets and time change, to start every input from.</summary>
internal sealed unsafe class SiteImage : IDisposable
{
    private readonly List<(nint Place, nint Copy, nuint LengthBytes)> _parts = [];

    public SiteImage(DataPathFixture path)
    {
        DataPathOptions options = path.Options;
        DataPath* shared = path.Shared;
        Keep(&shared->Current, (nuint)sizeof(nint));
        Keep(shared->Pods, options.PodSlotCount * PodRecord.SizeBytes);
        Keep(shared->Affinity.Slots, (shared->Affinity.BucketMask + 1) * AffinityTable.BucketLength * sizeof(ulong));
        Keep(shared->Return4.Slots, options.ReturnBucketCount * ReturnIndex.BucketLength * sizeof(ulong));
        Keep(shared->Return6.Slots, options.ReturnBucketCount * ReturnIndex.BucketLength * sizeof(ulong));
        for (int i = 0; i < options.WorkerCount; i++) KeepWorker(path.Worker(i), options);
    }

    /// <summary>Everything as it was.</summary>
    public void Restore()
    {
        foreach ((nint place, nint copy, nuint lengthBytes) in _parts) NativeMemory.Copy((void*)copy, (void*)place, lengthBytes);
    }

    public void Dispose()
    {
        foreach ((_, nint copy, _) in _parts) NativeMemory.Free((void*)copy);
    }

    private void KeepWorker(Worker* worker, DataPathOptions options)
    {
        Keep(worker, (nuint)sizeof(Worker));
        Keep(worker->Batch, (nuint)sizeof(PacketBatch));
        Keep(worker->Context.SessionsByPod, options.PodSlotCount * sizeof(uint));
        Keep(worker->Pod, options.PodSlotCount * CounterPair.SizeBytes);
        foreach (nint counter in (nint[])[(nint)worker->ExistingSession, (nint)worker->FirstSession, (nint)worker->Untracked, (nint)worker->FailedOver, (nint)worker->NoPod])
            Keep((void*)counter, options.ServiceCount * sizeof(ulong));
        KeepTable(&worker->Sessions4);
        KeepTable(&worker->Sessions6);
    }

    private void KeepTable<TSession, TFlow>(SessionTable<TSession, TFlow>* table)
        where TSession : unmanaged, ISession<TSession, TFlow>
        where TFlow : unmanaged, IFlow<TFlow>
    {
        Keep(table->Entries, table->EntryCount * (nuint)sizeof(TSession));
        Keep(table->SourcePorts, table->EntryCount * sizeof(ushort));
    }

    private void Keep(void* place, nuint lengthBytes)
    {
        void* copy = NativeMemory.Alloc(lengthBytes);
        NativeMemory.Copy(place, copy, lengthBytes);
        _parts.Add(((nint)place, (nint)copy, lengthBytes));
    }
}
