using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Routes;

namespace KubeProxy.Plugin.Workers;

/// <summary>What the catalog asks of the router, done by VPP. Main thread only.</summary>
internal sealed unsafe class VppDataPlane : IDataPlane
{
    private readonly MmapAllocator _allocator;
    private readonly WorkerSet _workers;
    private readonly VppCounters _counters;
    private readonly Reclaimer _reclaimer;
    private readonly FibTables _tables;
    private readonly VipRoutes _vips;
    private readonly PodRoutes _podRoutes;
    private readonly PacketProbe _probe;

    public VppDataPlane(MmapAllocator allocator, WorkerSet workers)
    {
        _allocator = allocator;
        _workers = workers;
        _counters = new VppCounters(workers);
        _reclaimer = new Reclaimer(allocator, workers.ThreadCount);
        fib_source_t source = FibSource.Allocate();
        _tables = new FibTables(workers, _counters, source);
        _vips = new VipRoutes(_tables, source);
        _podRoutes = new PodRoutes(allocator, workers.Shared->Pods, _vips, _tables);
        _probe = new PacketProbe(allocator, workers);
    }

    /// <inheritdoc/>
    public NativeAllocator Allocator => _allocator;

    /// <inheritdoc/>
    public PodRecord* Pods => _workers.Shared->Pods;

    /// <inheritdoc/>
    public MasqueradeAddress* Masquerades => _workers.Shared->Masquerades;

    /// <inheritdoc/>
    public TranslationSettings* Translation => &_workers.Shared->Translation;

    /// <inheritdoc/>
    public uint WorkerCount => _workers.ThreadCount;

    /// <inheritdoc/>
    public SessionSettings Sessions => _workers.Settings;

    /// <inheritdoc/>
    public bool IsSettled => _reclaimer.IsSettled;

    /// <inheritdoc/>
    public TimeSpan Now => TimeSpan.FromSeconds(Vlib.vlib_time_last_node_dispatch(VppProcess.MainThread));

    private static ulong NowSeconds => (ulong)Vlib.vlib_time_last_node_dispatch(VppProcess.MainThread);

    /// <inheritdoc/>
    public IDisposable StopWorkersOnce() => WorkerBarrierGroup.Enter();

    /// <inheritdoc/>
    public void EnsureCounters(uint serviceCount, uint podSlotCount) => _counters.Ensure(serviceCount, podSlotCount);

    /// <inheritdoc/>
    public void CheckTable(VipKey vip) => _tables.Check(vip.Table, FibPrefix.IsIp6(vip.Prefix.BaseAddress));

    /// <inheritdoc/>
    public void InstallVip(uint vipSlot, VipKey vip, bool isTranslated) => _vips.Install(vipSlot, vip, isTranslated);

    /// <inheritdoc/>
    public void RemoveVip(uint vipSlot, VipKey vip) => _vips.Remove(vip);

    /// <inheritdoc/>
    public void ReleaseTables() => _tables.Release();

    /// <inheritdoc/>
    public void SwitchNodePorts(bool enable) => NodePortFeature.Switch(enable);

    /// <inheritdoc/>
    public void InstallNodePort(uint vipSlot, AddressFamily family, byte protocol, ushort port) =>
        NodePorts(family)->Set(protocol, port, vipSlot);

    /// <inheritdoc/>
    public void RemoveNodePort(AddressFamily family, byte protocol, ushort port) =>
        NodePorts(family)->Set(protocol, port, NodePortTable.NoSlot);

    /// <inheritdoc/>
    public void FollowPod(uint podSlot, IPAddress address, uint table) => _podRoutes.Follow(podSlot, address, table);

    /// <inheritdoc/>
    public void UnfollowPod(uint podSlot) => _podRoutes.Unfollow(podSlot);

    /// <inheritdoc/>
    public PodPath ReadPath(uint podSlot) => _podRoutes.ReadPath(podSlot);

    /// <inheritdoc/>
    public uint FindPodThrough(VipKey vip, uint vipSlot) => _podRoutes.FindThrough(vip, vipSlot);

    /// <inheritdoc/>
    public void Publish(Snapshot* snapshot) => _workers.Publish(snapshot);

    /// <inheritdoc/>
    public void Retire(NativeBlock block) => _reclaimer.Retire(block);

    /// <inheritdoc/>
    public ulong CountSessions(uint podSlot) => _workers.CountSessions(podSlot);

    /// <inheritdoc/>
    public IReadOnlyDictionary<uint, ulong> CountLiveSessions() => SessionListing.CountByPod(_workers, NowSeconds);

    /// <inheritdoc/>
    public void SweepSessions() => _workers.SweepAll(NowSeconds);

    /// <inheritdoc/>
    public ulong ReadServiceCounter(ServiceCounter counter, uint serviceIndex) => _counters.Read(counter, serviceIndex);

    /// <inheritdoc/>
    public PacketCount ReadPodCounter(uint podSlot) => _counters.ReadPod(podSlot);

    /// <inheritdoc/>
    public void ClearServiceCounters(uint serviceIndex) => _counters.ClearService(serviceIndex);

    /// <inheritdoc/>
    public void ClearPodCounters(uint podSlot) => _counters.ClearPod(podSlot);

    /// <inheritdoc/>
    public void Configure(SessionSettings settings) => _workers.Configure(settings);

    /// <inheritdoc/>
    public void FlushSessions() => _workers.Flush();

    /// <inheritdoc/>
    public void ForgetSessions(VipKey vip, IReadOnlySet<uint> serviceIndices) => _workers.Forget(vip, serviceIndices);

    /// <inheritdoc/>
    public IReadOnlyList<SessionView> ListSessions(int limit) => SessionListing.List(_workers, NowSeconds, limit);

    /// <inheritdoc/>
    public ProbeView Probe(ProbeRequest request) => _probe.Run(request, NowSeconds);

    /// <inheritdoc/>
    public SessionUse ReadSessionUse() => SessionListing.Count(_workers, NowSeconds);

    /// <inheritdoc/>
    public MemoryReport ReadMemory() => MemoryReader.Read(_allocator, _workers, _counters, _podRoutes);

    /// <inheritdoc/>
    public uint FindInterface(string name) => Interfaces.Find(name);

    /// <inheritdoc/>
    public string? InterfaceName(uint interfaceIndex) => Interfaces.Name(interfaceIndex);

    /// <inheritdoc/>
    public void SetReturnFeature(uint interfaceIndex, AddressFamily family, bool enable) =>
        Interfaces.SetReturnFeature(interfaceIndex, family, enable);

    private NodePortTable* NodePorts(AddressFamily family) =>
        family == AddressFamily.InterNetwork ? &_workers.Shared->NodePorts4 : &_workers.Shared->NodePorts6;
}
