using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;

namespace KubeProxy.Properties.Tests.Setup;

/// <summary>Counters of all workers.</summary>
internal sealed unsafe partial class NativePlane
{
    public void EnsureCounters(uint serviceCount, uint podSlotCount)
    {
        if (serviceCount > path.Options.ServiceCount || podSlotCount > path.Options.PodSlotCount) throw new CommandException("no counters are left");
    }

    public ulong ReadServiceCounter(ServiceCounter counter, uint serviceIndex)
    {
        ulong sum = 0;
        for (int i = 0; i < path.Options.WorkerCount; i++) sum += Row(counter, i)[serviceIndex];
        return sum;
    }

    public PacketCount ReadPodCounter(uint podSlot)
    {
        (ulong packets, ulong bytes) = (0, 0);
        for (int i = 0; i < path.Options.WorkerCount; i++)
        {
            packets += path.Worker(i)->Pod[podSlot].Packets;
            bytes += path.Worker(i)->Pod[podSlot].Bytes;
        }

        return new PacketCount(packets, bytes);
    }

    public void ClearServiceCounters(uint serviceIndex)
    {
        foreach (ServiceCounter counter in Enum.GetValues<ServiceCounter>())
            for (int i = 0; i < path.Options.WorkerCount; i++) Row(counter, i)[serviceIndex] = 0;
    }

    public void ClearPodCounters(uint podSlot)
    {
        for (int i = 0; i < path.Options.WorkerCount; i++) path.Worker(i)->Pod[podSlot] = default;
    }

    /// <summary>A counter over all services.</summary>
    public ulong Total(ServiceCounter counter)
    {
        ulong sum = 0;
        for (int i = 0; i < path.Options.WorkerCount; i++)
            foreach (ulong count in new ReadOnlySpan<ulong>(Row(counter, i), (int)path.Options.ServiceCount)) sum += count;
        return sum;
    }

    /// <summary>Packets and bytes of all pods.</summary>
    public PacketCount TotalPods()
    {
        (ulong packets, ulong bytes) = (0, 0);
        for (int i = 0; i < path.Options.WorkerCount; i++)
        {
            foreach (CounterPair pod in new ReadOnlySpan<CounterPair>(path.Worker(i)->Pod, (int)path.Options.PodSlotCount))
                (packets, bytes) = (packets + pod.Packets, bytes + pod.Bytes);
        }

        return new PacketCount(packets, bytes);
    }

    public MemoryReport ReadMemory() => default;

    private ulong* Row(ServiceCounter counter, int worker) => counter switch
    {
        ServiceCounter.ExistingSession => path.Worker(worker)->ExistingSession,
        ServiceCounter.FirstSession => path.Worker(worker)->FirstSession,
        ServiceCounter.Untracked => path.Worker(worker)->Untracked,
        ServiceCounter.NoPod => path.Worker(worker)->NoPod,
        _ => path.Worker(worker)->FailedOver,
    };
}
