using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Memory;
using KubeProxy.Core.Net;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Tests.Pipeline;

namespace KubeProxy.Properties.Tests.Setup;

/// <summary>
/// The program around Core without a VPP: what the catalog publishes is what real workers see, and routes are a list. Single-threaded, so that
/// whatever is retired can be freed at once.
/// </summary>
internal sealed unsafe partial class NativePlane(DataPathFixture path) : IDataPlane, IDisposable
{
    private const uint FamilyGrowth = 20;
    private const uint LeastMtu6 = 1280;
    private readonly TrackingAllocator _allocator = new();
    private readonly Dictionary<uint, VipKey> _vips = [];
    private readonly Dictionary<uint, IPAddress> _followed = [];
    private readonly Dictionary<IPAddress, uint> _mtus = [];
    private readonly HashSet<uint> _translated = [];
    private readonly SortedSet<(uint Index, AddressFamily Family)> _features = [];

    public NativeAllocator Allocator => _allocator;

    public PodRecord* Pods => path.Shared->Pods;

    public MasqueradeAddress* Masquerades => path.Shared->Masquerades;

    public TranslationSettings* Translation => &path.Shared->Translation;

    public uint WorkerCount => (uint)path.Options.WorkerCount;

    public TimeSpan Now => TimeSpan.FromSeconds(NowSeconds);

    public ulong NowSeconds { get; set; } = path.Options.StartSeconds;

    public bool IsSettled => true;

    /// <summary>Slots of the VIPs whose prefix is routed to the nodes.</summary>
    public IReadOnlyDictionary<uint, VipKey> Vips => _vips;

    /// <summary>The slot that the routing table marks a packet with, 0 where it goes elsewhere: the longest prefix counts.</summary>
    public uint? Route(IPAddress address)
    {
        uint? best = null;
        int longest = -1;
        foreach ((uint slot, VipKey vip) in _vips)
        {
            if (vip.Prefix.PrefixLength <= longest || vip.Prefix.BaseAddress.AddressFamily != address.AddressFamily || !vip.Prefix.Contains(address)) continue;
            (best, longest) = (slot, vip.Prefix.PrefixLength);
        }

        return best;
    }

    /// <summary>The longest packet that the ways to a pod take.</summary>
    public void SetMtu(IPAddress pod, uint mtuBytes)
    {
        _mtus[pod] = mtuBytes;
        foreach ((uint slot, IPAddress address) in _followed)
            if (address.Equals(pod)) SetMtu(slot, address);
    }

    /// <summary>True for the slot of a VIP whose pods are of the other family.</summary>
    public bool IsTranslated(uint vipSlot) => _translated.Contains(vipSlot);

    public void Dispose() => _allocator.Dispose();

    public IDisposable StopWorkersOnce() => new NoStop();

    public void CheckTable(VipKey vip)
    {
        if (vip.Table != 0) throw new CommandException($"table {vip.Table} does not exist");
    }

    public void InstallVip(uint vipSlot, VipKey vip, bool isTranslated)
    {
        _vips.Add(vipSlot, vip);
        if (isTranslated) _ = _translated.Add(vipSlot);
    }

    public void RemoveVip(uint vipSlot, VipKey vip)
    {
        _ = _vips.Remove(vipSlot);
        _ = _translated.Remove(vipSlot);
    }

    public void ReleaseTables()
    {
    }

    public void SwitchNodePorts(bool enable)
    {
    }

    public void InstallNodePort(uint vipSlot, AddressFamily family, byte protocol, ushort port) => NodePorts(family)->Set(protocol, port, vipSlot);

    public void RemoveNodePort(AddressFamily family, byte protocol, ushort port) => NodePorts(family)->Set(protocol, port, NodePortTable.NoSlot);

    public void FollowPod(uint podSlot, IPAddress address, uint table)
    {
        if (podSlot >= path.Options.PodSlotCount) throw new CommandException("no pod slot is left");
        _followed.Add(podSlot, address);
        Pods[podSlot].ForwardTarget = 0x7_0000_0000UL | podSlot;
        SetMtu(podSlot, address);
    }

    public void UnfollowPod(uint podSlot)
    {
        _ = _followed.Remove(podSlot);
        Pods[podSlot].ForwardTarget = 0;
    }

    public PodPath ReadPath(uint podSlot) => new(null, [_followed[podSlot]]);

    public uint FindPodThrough(VipKey vip, uint vipSlot) => _followed.FirstOrDefault(pod => vip.Prefix.Contains(pod.Value)).Key;

    public void Publish(Snapshot* snapshot) => path.Shared->Current = snapshot;

    public void Retire(NativeBlock block) => block.Free(_allocator);

    public uint FindInterface(string name) => name == "pg1" ? 2u : throw new CommandException($"no interface \"{name}\"");

    public string? InterfaceName(uint interfaceIndex) => interfaceIndex == 2 ? "pg1" : null;

    public void SetReturnFeature(uint interfaceIndex, AddressFamily family, bool enable) =>
        _ = enable ? _features.Add((interfaceIndex, family)) : _features.Remove((interfaceIndex, family));

    public ProbeView Probe(ProbeRequest request) => throw new NotSupportedException();

    /// <summary>A way over IPv4 takes what is 20 bytes longer over IPv6, and never less than what every link of IPv6 takes.</summary>
    private void SetMtu(uint podSlot, IPAddress address)
    {
        bool isNat64 = address.AddressFamily == AddressFamily.InterNetwork && Prefix64.IsMapped(Pods[podSlot].Address6First, Pods[podSlot].Address6Second);
        bool isKnown = _mtus.TryGetValue(address, out uint mtuBytes);
        uint held = isNat64 ? Math.Max(mtuBytes + FamilyGrowth, LeastMtu6) : mtuBytes;
        PodRecord.SetMtu(Pods + podSlot, isKnown ? held : PodRecord.NoMtu);
    }

    private NodePortTable* NodePorts(AddressFamily family) => family == AddressFamily.InterNetwork ? &path.Shared->NodePorts4 : &path.Shared->NodePorts6;

    private sealed class NoStop : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
