using System.Net;
using KubeProxy.Core.Services;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Routes;

/// <summary>
/// Reads where a DPO leads: through load-balances, which stand for several paths and for routes by way of other routes,
/// to the neighbours or to a VIP. Main thread only, which is the one that changes the FIB.
/// </summary>
internal sealed unsafe class PathReader(VipRoutes vips)
{
    /// <summary>VPP refuses routes that resolve through each other; this bounds what it would not notice.</summary>
    private const int MaxDepth = 16;

    private readonly List<IPAddress> _nextHops = [];
    private uint? _vipSlot;

    /// <summary>Where a DPO leads.</summary>
    public PodPath Read(dpo_id_t* dpo)
    {
        _nextHops.Clear();
        _vipSlot = null;
        Visit(dpo, MaxDepth);
        return new PodPath(_vipSlot, [.. _nextHops]);
    }

    private void Visit(dpo_id_t* dpo, int depth)
    {
        if (dpo->dpoi_type == dpo_type_t.DPO_LOAD_BALANCE) VisitBuckets(dpo->dpoi_index, depth);
        else if (vips.IsVip(dpo)) _vipSlot = VipMark.SlotOf(dpo->dpoi_index);
        else if (IsNeighbour(dpo->dpoi_type)) Add(*VppProcess.Imports->AdjacencyPool + dpo->dpoi_index);
    }

    private void VisitBuckets(uint index, int depth)
    {
        if (depth == 0) return;
        load_balance_t* balance = Fib.load_balance_get(*VppProcess.Imports->LoadBalancePool, index);
        for (uint i = 0; i < balance->lb_n_buckets; i++) Visit(Fib.load_balance_get_bucket_i(balance, i), depth - 1);
    }

    private static bool IsNeighbour(dpo_type_t type) =>
        type is dpo_type_t.DPO_ADJACENCY or dpo_type_t.DPO_ADJACENCY_INCOMPLETE or dpo_type_t.DPO_ADJACENCY_MIDCHAIN;

    /// <summary>An adjacency of an interface without neighbours, a tunnel's for example, has no next hop: its address is zero.</summary>
    private void Add(ip_adjacency_t* adjacency)
    {
        bool isIp6 = adjacency->ia_nh_proto == fib_protocol_t.FIB_PROTOCOL_IP6;
        var address = new IPAddress(isIp6
            ? new ReadOnlySpan<byte>(&adjacency->sub_type.nbr.next_hop, 16)
            : new ReadOnlySpan<byte>((byte*)&adjacency->sub_type.nbr.next_hop + 12, 4));
        if (!address.Equals(isIp6 ? IPAddress.IPv6Any : IPAddress.Any) && !_nextHops.Contains(address)) _nextHops.Add(address);
    }
}
