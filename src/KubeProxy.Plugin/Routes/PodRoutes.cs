using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Services;
using KubeProxy.Core.Snapshots;
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
    private static PodRoutes? _current;

    private readonly PodRecord* _pods;
    private readonly PodRoute* _routes;
    private readonly fib_node_type_t _nodeType;
    private readonly PathReader _paths;
    private uint _highestSlot;

    /// <summary>Registers the FIB node type; there is one instance.</summary>
    public PodRoutes(MmapAllocator allocator, PodRecord* pods, VipRoutes vips)
    {
        _pods = pods;
        _paths = new PathReader(vips);
        _routes = (PodRoute*)allocator.TryReserve(Limits.PodSlots * (nuint)sizeof(PodRoute));
        if (_routes == null) throw new CommandException("no memory for the pods' routes");
        fib_node_vft_t* functions = (fib_node_vft_t*)NativeMemory.AllocZeroed((nuint)sizeof(fib_node_vft_t));
        functions->fnv_get = &GetNode;
        functions->fnv_last_lock = &LastLock;
        functions->fnv_back_walk = &BackWalk;
        fixed (byte* name = "kube-proxy-pod"u8) _nodeType = Fib.fib_node_register_new_type(name, functions);
        _current = this;
    }

    /// <summary>Starts following an address for a slot.</summary>
    public void Follow(uint podSlot, IPAddress address)
    {
        PodRoute* route = _routes + podSlot;
        *route = default;
        _highestSlot = Math.Max(_highestSlot, podSlot);
        route->IsIp6 = FibPrefix.IsIp6(address) ? (byte)1 : (byte)0;
        route->IsFollowed = 1;
        fib_prefix_t prefix = FibPrefix.Of(address);
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        Fib.fib_node_init(&route->Node, _nodeType);
        route->Entry = Fib.fib_entry_track(FibSource.DefaultTable, &prefix, _nodeType, podSlot, &route->Sibling);
        Stack(podSlot);
    }

    /// <summary>Stops following. Holds the workers: afterwards none of them is inside a node that saw the slot.</summary>
    public void Unfollow(uint podSlot)
    {
        PodRoute* route = _routes + podSlot;
        if (route->IsFollowed == 0) return;
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        Volatile.Write(ref _pods[podSlot].ForwardTarget, NodeRegistration.NextDrop);
        Fib.fib_entry_untrack(route->Entry, route->Sibling);
        Fib.dpo_reset(&route->Target);
        route->IsFollowed = 0;
    }

    /// <summary>Where the route to a followed pod leads now.</summary>
    public PodPath ReadPath(uint podSlot) => _paths.Read(&_routes[podSlot].Target);

    /// <summary>
    /// Most bytes of an IP packet that the link to a followed pod takes; 0 when several paths lead there or none. Any thread: the target is
    /// one word, and the pool moves only while workers stand.
    /// </summary>
    public static uint MtuOf(uint podSlot)
    {
        dpo_id_t target = _current!._routes[podSlot].Target;
        bool isOne = target.dpoi_type is dpo_type_t.DPO_ADJACENCY or dpo_type_t.DPO_ADJACENCY_INCOMPLETE or dpo_type_t.DPO_ADJACENCY_MIDCHAIN;
        return isOne ? (*VppProcess.Imports->AdjacencyPool)[target.dpoi_index].rewrite_header.max_l3_packet_bytes : 0u;
    }

    /// <summary>
    /// Slot of a followed pod whose next hop is in the prefix or whose route leads to the VIP; 0 for none. Pods share
    /// targets: each target is read once.
    /// </summary>
    public uint FindThrough(IPNetwork prefix, uint vipSlot)
    {
        HashSet<ulong> seen = [];
        for (uint slot = 1; slot <= _highestSlot; slot++)
        {
            PodRoute* route = _routes + slot;
            if (route->IsFollowed == 0 || !seen.Add(route->Target.as_u64)) continue;
            PodPath path = ReadPath(slot);
            if (path.VipSlot == vipSlot) return slot;
            foreach (IPAddress nextHop in path.NextHops)
                if (prefix.Contains(nextHop)) return slot;
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

        Fib.dpo_stack_from_node(isIp6 ? NodeIndex.Forward6 : NodeIndex.Forward4, &route->Target, parent);
        ulong target = ((ulong)route->Target.dpoi_next_node << 32) | route->Target.dpoi_index;
        Volatile.Write(ref _pods[podSlot].ForwardTarget, target);
        Fib.dpo_reset(&contributed);
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
