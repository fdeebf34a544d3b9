using System.Runtime.InteropServices;
using KubeProxy.Core.Services;
using KubeProxy.Interop;

namespace KubeProxy.Plugin.Routes;

/// <summary>
/// Where the routes of all followed pods lead, as a set with counts: whether one leads to a VIP or through a neighbour is
/// answered without a look at the pods. What a pod's forwarding names itself, VPP tells of when it changes; the forwarding of other
/// routes that it goes by is kept as a name, and read when somebody asks. Main thread only.
/// </summary>
internal sealed unsafe class PathEnds(PathReader paths)
{
    private readonly Dictionary<PathEnd, int> _counts = [];
    private readonly HashSet<PathEnd> _routes = [];

    /// <summary>Ends of pods with several ways. Of one way the target tells the end, which saves an entry for each pod.</summary>
    private readonly Dictionary<uint, PathEnd[]> _several = [];

    /// <summary>A pod's forwarding is this from now on. Its target must be there already.</summary>
    public void Add(uint podSlot, dpo_id_t* forwarding, dpo_id_t* target, uint table)
    {
        load_balance_t* balance = PathReader.BalanceOf(forwarding);
        if (balance == null || balance->lb_n_buckets == 1)
        {
            Count(paths.EndOf(target, table));
            return;
        }

        var ends = new HashSet<PathEnd>();
        for (uint i = 0; i < balance->lb_n_buckets; i++) ends.Add(paths.EndOf(Fib.load_balance_get_bucket_i(balance, i), table));
        foreach (PathEnd end in ends) Count(end);
        _several.Add(podSlot, [.. ends]);
    }

    /// <summary>A pod's forwarding is this no longer. Its target must be there still.</summary>
    public void Remove(uint podSlot, dpo_id_t* target, uint table)
    {
        if (!_several.Remove(podSlot, out PathEnd[]? ends)) ends = [paths.EndOf(target, table)];
        foreach (PathEnd end in ends) Forget(end);
    }

    /// <summary>True when some pod's route leads to the VIP in the slot, or a pod of the VIP's table is reached through the prefix.</summary>
    public bool LeadThrough(VipKey vip, uint vipSlot)
    {
        if (_counts.ContainsKey(new PathEnd(PathEndKind.Vip, vipSlot, 0)) || HasNeighbourIn(vip)) return true;
        foreach (PathEnd end in _routes)
        {
            dpo_id_t route = new() { dpoi_type = dpo_type_t.DPO_LOAD_BALANCE, dpoi_index = (uint)end.Value };
            PodPath path = paths.Read(&route);
            if (path.VipSlot == vipSlot || (end.Table == vip.Table && path.NextHops.Any(vip.Prefix.Contains))) return true;
        }

        return false;
    }

    private bool HasNeighbourIn(VipKey vip)
    {
        bool isIp6 = FibPrefix.IsIp6(vip.Prefix.BaseAddress);
        PathEndKind kind = isIp6 ? PathEndKind.Neighbour6 : PathEndKind.Neighbour4;
        int bitCount = isIp6 ? 128 : 32;
        UInt128 first = PathReader.NumberOf(vip.Prefix.BaseAddress);
        if (vip.Prefix.PrefixLength == bitCount) return _counts.ContainsKey(new PathEnd(kind, first, vip.Table));
        int hostBitCount = bitCount - vip.Prefix.PrefixLength;
        foreach (PathEnd end in _counts.Keys)
            if (end.Kind == kind && end.Table == vip.Table && end.Value >> hostBitCount == first >> hostBitCount) return true;
        return false;
    }

    private void Count(PathEnd end)
    {
        if (end.Kind == PathEndKind.None) return;
        _counts[end] = _counts.GetValueOrDefault(end) + 1;
        if (end.Kind == PathEndKind.Route) _routes.Add(end);
    }

    private void Forget(PathEnd end)
    {
        if (end.Kind == PathEndKind.None || --CollectionsMarshal.GetValueRefOrNullRef(_counts, end) > 0) return;
        _counts.Remove(end);
        _routes.Remove(end);
    }
}
