using System.Buffers.Binary;
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

    /// <summary>What a DPO leads to, as far as it tells itself: a VIP and the forwarding of another route are ends.</summary>
    public PathEnd EndOf(dpo_id_t* dpo, uint table)
    {
        if (dpo->dpoi_type == dpo_type_t.DPO_LOAD_BALANCE) return new PathEnd(PathEndKind.Route, dpo->dpoi_index, table);
        if (vips.IsVip(dpo)) return new PathEnd(PathEndKind.Vip, VipMark.SlotOf(dpo->dpoi_index), 0);
        if (!IsNeighbour(dpo->dpoi_type)) return default;
        ip_adjacency_t* adjacency = *VppProcess.Imports->AdjacencyPool + dpo->dpoi_index;
        bool isIp6 = adjacency->ia_nh_proto == fib_protocol_t.FIB_PROTOCOL_IP6;
        UInt128 address = BinaryPrimitives.ReadUInt128BigEndian(new ReadOnlySpan<byte>(&adjacency->sub_type.nbr.next_hop, 16));
        if (address == UInt128.Zero) return default;
        return isIp6 ? new PathEnd(PathEndKind.Neighbour6, address, table) : new PathEnd(PathEndKind.Neighbour4, (uint)address, table);
    }

    /// <summary>The load-balance that a DPO is, or null.</summary>
    public static load_balance_t* BalanceOf(dpo_id_t* dpo) =>
        dpo->dpoi_type == dpo_type_t.DPO_LOAD_BALANCE ? Fib.load_balance_get(*VppProcess.Imports->LoadBalancePool, dpo->dpoi_index) : null;

    /// <summary>An address as a number: an IPv4 address is the low 32 bits.</summary>
    public static UInt128 NumberOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        _ = address.TryWriteBytes(bytes[(FibPrefix.IsIp6(address) ? 0 : 12)..], out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
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
