using System.Runtime.InteropServices;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Workers;

/// <summary>
/// Per-service and per-pod counters as VPP counters, visible in the stats segment under /kube-proxy. They grow in
/// powers of two under the barrier, because growing moves the arrays that workers write.
/// </summary>
internal sealed unsafe class VppCounters
{
    /// <summary>Counters of a service on one thread.</summary>
    public const uint ServiceBytes = ServiceCounterCount * sizeof(ulong);

    private const int ServiceCounterCount = 5;

    private static readonly string[] Names = ["existing-session", "first-session", "untracked", "no-pod", "failed-over"];

    private readonly WorkerSet _workers;
    private readonly vlib_simple_counter_main_t* _services;
    private readonly vlib_combined_counter_main_t* _pods;
    private uint _serviceCapacity;
    private uint _podCapacity;

    public VppCounters(WorkerSet workers)
    {
        _workers = workers;
        _services = (vlib_simple_counter_main_t*)NativeMemory.AllocZeroed((nuint)Names.Length, (nuint)sizeof(vlib_simple_counter_main_t));
        _pods = (vlib_combined_counter_main_t*)NativeMemory.AllocZeroed((nuint)sizeof(vlib_combined_counter_main_t));
        for (int i = 0; i < Names.Length; i++)
        {
            _services[i].name = NativeText.Forever(Names[i]);
            _services[i].stat_segment_name = NativeText.Forever("/kube-proxy/service/" + Names[i]);
        }

        _pods->name = NativeText.Forever("pod");
        _pods->stat_segment_name = NativeText.Forever("/kube-proxy/pod/forward");
        Ensure(1, 1);
    }

    /// <summary>Makes counters exist below the given counts.</summary>
    public void Ensure(uint serviceCount, uint podSlotCount)
    {
        if (serviceCount <= _serviceCapacity && podSlotCount <= _podCapacity) return;
        uint serviceCapacity = Math.Max(_serviceCapacity, Capacity(serviceCount));
        uint podCapacity = Math.Max(_podCapacity, Capacity(podSlotCount));
        CheckRoom(serviceCapacity, podCapacity);
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        (_serviceCapacity, _podCapacity) = (serviceCapacity, podCapacity);
        for (int i = 0; i < Names.Length; i++) Vlib.vlib_validate_simple_counter(_services + i, _serviceCapacity - 1);
        Vlib.vlib_validate_combined_counter(_pods, _podCapacity - 1);
        foreach (Realm realm in _workers.Realms) Attach(realm);
    }

    /// <summary>What they take in VPP's memory of counters.</summary>
    public MemoryUse ReadMemory()
    {
        ulong each = ((ulong)_serviceCapacity * ServiceBytes) + ((ulong)_podCapacity * (ulong)sizeof(vlib_counter_t));
        return new MemoryUse("counters", each, each * _workers.ThreadCount, each * _workers.ThreadCount);
    }

    /// <summary>Lets a realm's workers count where all others do.</summary>
    public void Attach(Realm realm)
    {
        for (uint i = 0; i < _workers.ThreadCount; i++) Attach(realm.Worker(i), i);
    }

    /// <summary>A service's counter over all threads.</summary>
    public ulong Read(ServiceCounter counter, uint serviceIndex) =>
        Vlib.vlib_get_simple_counter(_services + (int)counter, serviceIndex);

    /// <summary>A pod's packets and bytes over all threads.</summary>
    public PacketCount ReadPod(uint podSlot)
    {
        vlib_counter_t count = Vlib.vlib_get_combined_counter(_pods, podSlot);
        return new PacketCount(count.packets, count.bytes);
    }

    /// <summary>Sets a service's counters to zero.</summary>
    public void ClearService(uint serviceIndex)
    {
        for (int i = 0; i < Names.Length; i++) Vlib.vlib_zero_simple_counter(_services + i, serviceIndex);
    }

    /// <summary>Sets a pod's counters to zero.</summary>
    public void ClearPod(uint podSlot) => Vlib.vlib_zero_combined_counter(_pods, podSlot);

    /// <summary>
    /// VPP ends when its stats segment is full. Beside ours it keeps there two counters for every route, which each VIP and each pod
    /// may have, and an array that grows lies there twice.
    /// </summary>
    private void CheckRoom(uint serviceCapacity, uint podCapacity)
    {
        ulong counters = ((ulong)serviceCapacity * ServiceBytes) + ((ulong)podCapacity * (ulong)sizeof(vlib_counter_t));
        ulong routes = 2UL * ((ulong)serviceCapacity + podCapacity) * (ulong)sizeof(vlib_counter_t);
        ulong needed = _workers.ThreadCount * (counters + routes + ((ulong)podCapacity / 2 * (ulong)sizeof(vlib_counter_t)));
        if (StatsSegment.LengthBytes is not ulong length || needed + StatsSegment.SpareBytes <= length) return;
        throw new CommandException(
            $"no room for the counters of {serviceCapacity} services and {podCapacity} pods in VPP's stats segment of {length} bytes: "
            + $"start VPP with statseg {{ size {((needed + StatsSegment.SpareBytes) >> 20) + 1}M }}");
    }

    private void Attach(Worker* worker, uint thread)
    {
        worker->ExistingSession = _services[(int)ServiceCounter.ExistingSession].counters[thread];
        worker->FirstSession = _services[(int)ServiceCounter.FirstSession].counters[thread];
        worker->Untracked = _services[(int)ServiceCounter.Untracked].counters[thread];
        worker->NoPod = _services[(int)ServiceCounter.NoPod].counters[thread];
        worker->FailedOver = _services[(int)ServiceCounter.FailedOver].counters[thread];
        worker->Pod = (CounterPair*)_pods->counters[thread];
    }

    private static uint Capacity(uint count) => Math.Max(64, System.Numerics.BitOperations.RoundUpToPowerOf2(count));
}
