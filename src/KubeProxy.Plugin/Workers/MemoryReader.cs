using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Routes;

namespace KubeProxy.Plugin.Workers;

/// <summary>What <c>show kube-proxy memory</c> tells of the plugin's memory.</summary>
internal static unsafe class MemoryReader
{
    /// <summary>Every session that all threads can hold has two slots in the return index.</summary>
    private const uint IndexBytes = 2 * sizeof(ulong);

    /// <summary>Reads it. Which pages are touched the kernel tells.</summary>
    public static MemoryReport Read(MmapAllocator allocator, WorkerSet workers, VppCounters counters, PodRoutes routes)
    {
        uint threads = workers.ThreadCount;
        MemoryUse[] parts =
        [
            Sessions(workers),
            new("return indices", null, Sum(workers, realm => realm.Memory!.IndexBytes), Sum(workers, realm => realm.Memory!.TouchedIndexBytes)),
            new("affinity", null, Sum(workers, _ => Realm.AffinityBytes), Sum(workers, realm => Residency.TouchedBytes(realm.Shared->Affinity.Slots, Realm.AffinityBytes))),
            PodCounts(workers),
            Reserved("pod records", workers.Shared->Pods, Limits.PodSlots * (nuint)sizeof(PodRecord)),
            Reserved("pod routes", routes.Start, PodRoutes.LengthBytes),
        ];
        uint podBytes = (uint)(sizeof(PodRecord) + sizeof(PodRoute)) + (threads * (sizeof(uint) + (uint)sizeof(CounterPair)));
        return new MemoryReport(
            parts, allocator.UsedBytes, counters.ReadMemory(), threads * VppCounters.ServiceBytes, podBytes,
            (uint)sizeof(Ip4Session) + sizeof(ushort) + IndexBytes, (uint)sizeof(Ip6Session) + sizeof(ushort) + IndexBytes);
    }

    private static MemoryUse Sessions(WorkerSet workers)
    {
        ulong bytes = Sum(workers, realm => realm.Memory!.TableBytes);
        return new MemoryUse("session tables", bytes / workers.ThreadCount, bytes, Sum(workers, realm => realm.Memory!.TouchedTableBytes));
    }

    private static MemoryUse PodCounts(WorkerSet workers)
    {
        const nuint Each = Limits.PodSlots * sizeof(uint);
        ulong touched = 0;
        for (uint i = 0; i < workers.ThreadCount; i++) touched += Residency.TouchedBytes(workers.States[i].Worker.Context.SessionsByPod, Each);
        return new MemoryUse("sessions by pod", Each, workers.ThreadCount * (ulong)Each, touched);
    }

    private static MemoryUse Reserved(string name, void* start, nuint lengthBytes) => new(name, null, lengthBytes, Residency.TouchedBytes(start, lengthBytes));

    private static ulong Sum(WorkerSet workers, Func<Realm, ulong> bytesOf)
    {
        ulong bytes = 0;
        foreach (Realm realm in workers.Realms) bytes += bytesOf(realm);
        return bytes;
    }
}
