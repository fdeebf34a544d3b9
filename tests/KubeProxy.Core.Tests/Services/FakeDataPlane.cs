using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using Xunit;

namespace KubeProxy.Core.Tests.Services;

/// <summary>
/// A data plane over nothing: it remembers what it was told, fails on request at any call or allocation, and checks
/// what a data plane relies on: nothing installed twice, only whole records published, only ensured counters touched.
/// </summary>
internal sealed unsafe partial class FakeDataPlane : IDataPlane, IDisposable
{
    public const ulong FakeTarget = 0x0000_0007_0000_0000;
    private readonly uint _podSlots;
    private readonly Queue<NativeBlock> _retired = new();
    private readonly FailingAllocator _allocator;
    private readonly StopGroup _stops = new();
    private uint _serviceCounters;
    private uint _podCounters;

    public FakeDataPlane(uint podSlots = 4096)
    {
        _podSlots = podSlots;
        _allocator = new FailingAllocator(this);
        Pods = (PodRecord*)NativeMemory.AlignedAlloc((nuint)podSlots * PodRecord.SizeBytes, 64);
        NativeMemory.Clear(Pods, (nuint)podSlots * PodRecord.SizeBytes);
        Masquerades = (MasqueradeAddress*)NativeMemory.AllocZeroed(Limits.MasqueradeAddresses, MasqueradeAddress.SizeBytes);
        Translation = (TranslationSettings*)NativeMemory.AllocZeroed(TranslationSettings.SizeBytes);
    }

    /// <summary>Steps that can fail until the one that does; 0 is none.</summary>
    public int FailAfter { get; set; }

    /// <summary>The call that fails, by its first word.</summary>
    public string? FailAt { get; set; }

    public bool HasFailed { get; private set; }

    public bool UnfollowFails { get; set; }

    public bool HoldsRetired { get; set; }

    /// <summary>Whether every published snapshot is read completely: off for tests with many VIPs.</summary>
    public bool ChecksSnapshots { get; set; } = true;

    public int SweepCount { get; private set; }

    public int FlushCount { get; private set; }

    /// <summary>How often the workers were stopped.</summary>
    public int StopCount => _stops.Count;

    /// <summary>Bytes that were allocated while they stood.</summary>
    public nuint BytesWhileStopped { get; private set; }

    public Snapshot* Published { get; private set; }

    public SortedDictionary<uint, VipKey> InstalledVips { get; } = [];

    public SortedDictionary<uint, IPAddress> FollowedPods { get; } = [];

    /// <summary>Tables of <see cref="FollowedPods"/>.</summary>
    public SortedDictionary<uint, uint> PodTables { get; } = [];

    public Dictionary<uint, ulong> SessionCounts { get; } = [];

    /// <summary>Those of <see cref="SessionCounts"/> that are over and not swept yet.</summary>
    public Dictionary<uint, ulong> ExpiredCounts { get; } = [];

    public Dictionary<(ServiceCounter Counter, uint Index), ulong> ServiceCounters { get; } = [];

    public Dictionary<uint, PacketCount> PodCounters { get; } = [];

    public SortedDictionary<string, uint> InterfaceNames { get; } = new(StringComparer.Ordinal) { ["pg0"] = 1, ["pg1"] = 2, ["host-veth0"] = 3 };

    public SortedSet<(uint Index, AddressFamily Family)> Features { get; } = [];

    public List<SessionView> SessionList { get; } = [];

    public List<string> Log { get; } = [];

    /// <summary>Blocks allocated so far.</summary>
    public long AllocationCount => _allocator.Count;

    /// <summary>Bytes allocated so far.</summary>
    public ulong AllocatedBytes => _allocator.Bytes;

    public int BlockCount => _allocator.Heap.BlockCount;

    public nuint UsedBytes => _allocator.Heap.UsedBytes;

    public NativeAllocator Allocator => _allocator;

    public PodRecord* Pods { get; }

    public MasqueradeAddress* Masquerades { get; }

    public TranslationSettings* Translation { get; }

    public uint WorkerCount => 2;

    public SessionSettings Sessions { get; private set; } = SessionSettings.Default;

    public TimeSpan Now { get; set; } = TimeSpan.FromSeconds(100.5);

    public bool IsSettled => _retired.Count == 0;

    public void Dispose()
    {
        NativeMemory.AlignedFree(Pods);
        NativeMemory.Free(Masquerades);
        NativeMemory.Free(Translation);
        Assert.True(_stops.IsOver, "a group was never ended");
    }

    /// <summary>Every worker passes a quiescent point.</summary>
    public void PassQuiescentPoint()
    {
        while (_retired.TryDequeue(out NativeBlock block)) block.Free(_allocator);
    }

    public IDisposable StopWorkersOnce() => _stops.Enter();

    public void EnsureCounters(uint serviceCount, uint podSlotCount)
    {
        FailHere("EnsureCounters");
        if (serviceCount > _serviceCounters || podSlotCount > _podCounters) _stops.Stop();
        _serviceCounters = Math.Max(_serviceCounters, serviceCount);
        _podCounters = Math.Max(_podCounters, podSlotCount);
    }

    public void InstallVip(uint vipSlot, VipKey vip, bool isTranslated)
    {
        FailHere($"InstallVip {vipSlot} {vip}");
        UseTable(vip.Table);
        _stops.Stop();
        if (ChecksSnapshots) Assert.DoesNotContain(vip, InstalledVips.Values);
        InstalledVips.Add(vipSlot, vip);
    }

    public void RemoveVip(uint vipSlot, VipKey vip)
    {
        FailHere($"RemoveVip {vipSlot} {vip}");
        _stops.Stop();
        Assert.Equal(vip, InstalledVips[vipSlot]);
        InstalledVips.Remove(vipSlot);
    }

    public void FollowPod(uint podSlot, IPAddress address, uint table)
    {
        FailHere($"FollowPod {podSlot} {address}{VipKey.TableWords(table)}");
        UseTable(table);
        PodTables.Add(podSlot, table);
        _stops.Stop();
        FollowedPods.Add(podSlot, address);
        Pods[podSlot].ForwardTarget = FakeTarget | podSlot;
    }

    public void UnfollowPod(uint podSlot)
    {
        if (UnfollowFails) throw new CommandException("unfollow fails");
        Log.Add($"UnfollowPod {podSlot}");
        _stops.Stop();
        Assert.True(FollowedPods.Remove(podSlot), "unfollowed what is not followed");
        Pods[podSlot].ForwardTarget = 0;
        PodTables.Remove(podSlot);
    }

    /// <summary>Paths of pods that are not neighbours.</summary>
    public Dictionary<IPAddress, PodPath> Paths { get; } = [];

    public PodPath ReadPath(uint podSlot) =>
        Paths.TryGetValue(FollowedPods[podSlot], out PodPath path) ? path : new PodPath(null, [FollowedPods[podSlot]]);

    /// <summary>Walks over all pods: as <see cref="ChecksSnapshots"/>, not for tests with many VIPs.</summary>
    public uint FindPodThrough(VipKey vip, uint vipSlot) => !ChecksSnapshots ? 0 : FollowedPods.Keys.FirstOrDefault(slot =>
        ReadPath(slot).VipSlot == vipSlot || (PodTables[slot] == vip.Table && ReadPath(slot).NextHops.Any(vip.Prefix.Contains)));

    public void Publish(Snapshot* snapshot)
    {
        FailHere("Publish");
        Published = snapshot;
        if (!ChecksSnapshots) return;
        foreach (uint slot in SnapshotReader.PodSlots(snapshot)) CheckWhole(slot);
    }

    public void Retire(NativeBlock block)
    {
        Assert.False(block.IsNull);
        _retired.Enqueue(block);
        if (!HoldsRetired) PassQuiescentPoint();
    }

    public ulong ReadServiceCounter(ServiceCounter counter, uint serviceIndex)
    {
        Assert.InRange(serviceIndex, 0u, _serviceCounters - 1);
        return ServiceCounters.GetValueOrDefault((counter, serviceIndex));
    }

    public PacketCount ReadPodCounter(uint podSlot)
    {
        Assert.InRange(podSlot, 1u, _podCounters - 1);
        return PodCounters.GetValueOrDefault(podSlot);
    }

    public void ClearServiceCounters(uint serviceIndex)
    {
        FailHere($"ClearServiceCounters {serviceIndex}");
        Assert.InRange(serviceIndex, 0u, _serviceCounters - 1);
        foreach (ServiceCounter counter in Enum.GetValues<ServiceCounter>()) ServiceCounters.Remove((counter, serviceIndex));
    }

    public void ClearPodCounters(uint podSlot)
    {
        FailHere($"ClearPodCounters {podSlot}");
        Assert.InRange(podSlot, 1u, _podCounters - 1);
        PodCounters.Remove(podSlot);
    }

    public uint FindInterface(string name) =>
        InterfaceNames.TryGetValue(name, out uint index) ? index : throw new CommandException($"no interface \"{name}\"");

    public string? InterfaceName(uint interfaceIndex)
    {
        foreach ((string name, uint index) in InterfaceNames)
        {
            if (index == interfaceIndex) return name;
        }

        return null;
    }

    public void SetReturnFeature(uint interfaceIndex, AddressFamily family, bool enable)
    {
        FailHere($"SetReturnFeature {interfaceIndex} {family} {enable}");
        _stops.Stop();
        Assert.True(enable ? Features.Add((interfaceIndex, family)) : Features.Remove((interfaceIndex, family)));
    }

    public void FailHere(string call)
    {
        Log.Add(call);
        if (!CountDown() && call.Split(' ')[0] != FailAt) return;
        throw new CommandException($"{call} fails");
    }

    /// <summary>One step that can fail; true when it shall.</summary>
    public bool CountDown()
    {
        if (FailAfter == 0 || --FailAfter > 0) return false;
        HasFailed = true;
        return true;
    }

    private void CheckWhole(uint slot)
    {
        Assert.InRange(slot, 1u, _podSlots - 1);
        Assert.Equal(PodState.Active, Pods[slot].State);
        Assert.Equal(FakeTarget | slot, Pods[slot].ForwardTarget);
        bool isMapped = Prefix64.IsMapped(Pods[slot].Address6First, Pods[slot].Address6Second);
        IPAddress recorded = isMapped ? FollowedPods[slot].MapToIPv6() : FollowedPods[slot];
        Assert.Equal(Addresses.ToNumber(recorded), RecordReader.Address(&Pods[slot], recorded.AddressFamily));
    }

    private sealed class FailingAllocator(FakeDataPlane plane) : NativeAllocator
    {
        public HeapAllocator Heap { get; } = new();

        public long Count { get; private set; }

        public ulong Bytes { get; private set; }

        public override void* TryAllocate(nuint lengthBytes)
        {
            if (plane._stops.AreStopped) plane.BytesWhileStopped += lengthBytes;
            Count++;
            Bytes += lengthBytes;
            return plane.CountDown() ? null : Heap.TryAllocate(lengthBytes);
        }

        public override void Free(void* block, nuint lengthBytes) => Heap.Free(block, lengthBytes);
    }
}
