using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Net;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
using KubeProxy.Core.Translation;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Nodes;

namespace KubeProxy.Plugin.Routes;

/// <summary>
/// Follows the FIB entries of pods, so that a translated packet goes straight to the pod's adjacency: the target is put
/// into the pod's record now and on every back walk (route changed, neighbour resolved, interface down).
/// </summary>
internal sealed unsafe class PodRoutes
{
    /// <summary>RFC 8200 section 5.</summary>
    private const uint MinimumMtu6 = 1280;

    /// <summary>Bytes of the routes of all slots.</summary>
    public const nuint LengthBytes = Limits.PodSlots * PodRoute.SizeBytes;

    private static PodRoutes? _current;

    private readonly FibTables _tables;
    private readonly PodRecord* _pods;
    private readonly PodRoute* _routes;
    private readonly fib_node_type_t _nodeType;
    private readonly PathReader _paths;
    private readonly PathEnds _ends;
    private uint _highestSlot;

    /// <summary>Registers the FIB node type; there is one instance.</summary>
    public PodRoutes(MmapAllocator allocator, PodRecord* pods, VipRoutes vips, FibTables tables)
    {
        _pods = pods;
        _tables = tables;
        _paths = new PathReader(vips);
        _ends = new PathEnds(_paths);
        _routes = (PodRoute*)allocator.TryReserve(LengthBytes);
        if (_routes == null) throw new CommandException("no memory for the pods' routes");
        fib_node_vft_t* functions = (fib_node_vft_t*)NativeMemory.AllocZeroed((nuint)sizeof(fib_node_vft_t));
        functions->fnv_get = &GetNode;
        functions->fnv_last_lock = &LastLock;
        functions->fnv_back_walk = &BackWalk;
        fixed (byte* name = "kube-proxy-pod"u8) _nodeType = Fib.fib_node_register_new_type(name, functions);
        _current = this;
    }

    /// <summary>The routes of all slots.</summary>
    public void* Start => _routes;

    /// <summary>Starts following an address of a table for a slot.</summary>
    public void Follow(uint podSlot, IPAddress address, uint table)
    {
        bool isIp6 = FibPrefix.IsIp6(address);
        uint fibIndex = _tables.Enter(table, isIp6, out _);
        PodRoute* route = _routes + podSlot;
        *route = default;
        _highestSlot = Math.Max(_highestSlot, podSlot);
        route->IsIp6 = isIp6 ? (byte)1 : (byte)0;
        route->Table = table;
        route->IsFollowed = 1;
        fib_prefix_t prefix = FibPrefix.Of(address);
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        Fib.fib_node_init(&route->Node, _nodeType);
        route->Entry = Fib.fib_entry_track(fibIndex, &prefix, _nodeType, podSlot, &route->Sibling);
        try
        {
            Stack(podSlot);
        }
        catch
        {
            // Nobody would untrack the entry of a slot that was never followed.
            Release(route);
            throw;
        }
    }

    /// <summary>Stops following. Holds the workers: afterwards none of them is inside a node that saw the slot.</summary>
    public void Unfollow(uint podSlot)
    {
        PodRoute* route = _routes + podSlot;
        if (route->IsFollowed == 0) return;
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        Volatile.Write(ref _pods[podSlot].ForwardTarget, NodeRegistration.NextDrop);
        _ends.Remove(podSlot, &route->Target, route->Table);
        Release(route);
    }

    /// <summary>Where the route to a followed pod leads now.</summary>
    public PodPath ReadPath(uint podSlot) => _paths.Read(&_routes[podSlot].Target);

    /// <summary>
    /// Slot of a followed pod of the VIP's table whose next hop is in the prefix, or of any whose route leads to the VIP; 0 for
    /// none. Which pod it is costs a walk over all; that there is none does not.
    /// </summary>
    public uint FindThrough(VipKey vip, uint vipSlot)
    {
        if (!_ends.LeadThrough(vip, vipSlot)) return 0;
        for (uint slot = 1; slot <= _highestSlot; slot++)
        {
            if (_routes[slot].IsFollowed == 0) continue;
            PodPath path = ReadPath(slot);
            if (path.VipSlot == vipSlot || (_routes[slot].Table == vip.Table && path.NextHops.Any(vip.Prefix.Contains))) return slot;
        }

        return 0;
    }

    /// <summary>
    /// Puts the entry's forwarding into the record. A load-balance of one bucket is skipped: its bucket is the
    /// adjacency, which saves the packet a node; the back walk tells when that stops being true.
    /// </summary>
    private void Stack(uint podSlot)
    {
        PodRoute* route = _routes + podSlot;
        bool isIp6 = route->IsIp6 != 0;
        dpo_id_t contributed = default;
        Fib.fib_entry_contribute_forwarding(
            route->Entry,
            isIp6 ? fib_forward_chain_type_t.FIB_FORW_CHAIN_TYPE_UNICAST_IP6 : fib_forward_chain_type_t.FIB_FORW_CHAIN_TYPE_UNICAST_IP4,
            &contributed);
        dpo_id_t* parent = &contributed;
        if (contributed.dpoi_type == dpo_type_t.DPO_LOAD_BALANCE)
        {
            load_balance_t* balance = *VppProcess.Imports->LoadBalancePool + contributed.dpoi_index;
            if (balance->lb_n_buckets == 1) parent = Fib.load_balance_get_bucket(contributed.dpoi_index, 0);
        }

        if (route->Target.dpoi_type != dpo_type_t.DPO_FIRST) _ends.Remove(podSlot, &route->Target, route->Table);
        Fib.dpo_stack_from_node(isIp6 ? NodeIndex.Forward6 : NodeIndex.Forward4, &route->Target, parent);
        _ends.Add(podSlot, &contributed, &route->Target, route->Table);
        ulong target = ((ulong)route->Target.dpoi_next_node << 32) | route->Target.dpoi_index;
        Volatile.Write(ref _pods[podSlot].ForwardTarget, target);
        PodRecord.SetMtu(_pods + podSlot, MtuOf(&contributed, isIp6, IsNat64(podSlot)));
        Fib.dpo_reset(&contributed);
    }

    private void Release(PodRoute* route)
    {
        Fib.fib_entry_untrack(route->Entry, route->Sibling);
        Fib.dpo_reset(&route->Target);
        route->IsFollowed = 0;
        _tables.Leave(route->Table, route->IsIp6 != 0);
    }

    /// <summary>True when an IPv4 pod serves clients over IPv6: its record has the address as IPv4-mapped.</summary>
    private bool IsNat64(uint podSlot) =>
        _routes[podSlot].IsIp6 == 0 && Prefix64.IsMapped(_pods[podSlot].Address6First, _pods[podSlot].Address6Second);

    /// <summary>
    /// The least MTU of all ways that the entry forwards by. VPP does not hold IPv6 packets to one below IPv6's minimum, for nobody could obey. A packet
    /// to a pod of nat64 is measured while its header is IPv6's; one that every IPv6 link takes may be fragmented over IPv4 (RFC 7915 section 5.1).
    /// </summary>
    private static uint MtuOf(dpo_id_t* forwarding, bool isIp6, bool isNat64)
    {
        uint mtuBytes = Fib.dpo_get_mtu(forwarding);
        if (isNat64 && mtuBytes != ushort.MaxValue) return Math.Max(mtuBytes + IcmpMap.HeaderGrowthBytes, MinimumMtu6);
        return mtuBytes == ushort.MaxValue || (isIp6 && mtuBytes < MinimumMtu6) ? PodRecord.NoMtu : mtuBytes;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static fib_node_t* GetNode(uint index) => &_current!._routes[index].Node;

    /// <summary>Nobody locks a slot's node: its life is the slot's.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void LastLock(fib_node_t* node)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static fib_node_back_walk_rc_t BackWalk(fib_node_t* node, fib_node_back_walk_ctx_t* context)
    {
        try
        {
            PodRoute* route = (PodRoute*)node;
            if (route->IsFollowed != 0) _current!.Stack((uint)(route - _current._routes));
        }
        catch (Exception error)
        {
            Log.Error($"route of a pod changed and could not be followed: {error.Message}");
        }

        return fib_node_back_walk_rc_t.FIB_NODE_BACK_WALK_CONTINUE;
    }
}
