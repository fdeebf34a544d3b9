using KubeProxy.Host.Dpo;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vnet;
using KubeProxy.Interop;

namespace KubeProxy.Host.Fib;

/// <summary>Finds the object that an entry's packets go to, following next hops and covering entries.</summary>
internal static class FibResolver
{
    private const int MaxDepth = 8;

    internal static dpo_id_t Resolve(FibEntry entry) => Resolve(entry, entry.Prefix.Address, 0);

    private static dpo_id_t Resolve(FibEntry entry, IpAddr destination, int depth)
    {
        bool isIp6 = destination.IsIp6;
        Forwarding forwarding = entry.Best.Forwarding;
        if (depth > MaxDepth || forwarding.Interface is { IsUp: false })
            return Drop(isIp6);
        return forwarding.Kind switch
        {
            ForwardingKind.Receive => DpoTypes.Make(dpo_type_t.DPO_RECEIVE, isIp6, forwarding.Interface!.SwIfIndex),
            ForwardingKind.Glean when depth == 0 => Adjacencies.Dpo(Adjacencies.Glean(isIp6, forwarding.Interface!)),
            ForwardingKind.Glean => NextHop(destination, forwarding.Interface!),
            ForwardingKind.AttachedNextHop => NextHop(forwarding.NextHop, forwarding.Interface!),
            ForwardingKind.Recursive => Resolve(FibTable.FindLongest(forwarding.NextHop), forwarding.NextHop, depth + 1),
            ForwardingKind.Exclusive => Exclusive(forwarding),
            ForwardingKind.Cover => FibTable.FindCover(entry.Prefix) is { } cover ? Resolve(cover, destination, depth + 1) : Drop(isIp6),
            _ => Drop(isIp6),
        };
    }

    private static dpo_id_t NextHop(IpAddr nextHop, Interface itf) => Adjacencies.Dpo(Adjacencies.FindOrAdd(nextHop, itf));

    private static dpo_id_t Drop(bool isIp6) => DpoTypes.Make(dpo_type_t.DPO_DROP, isIp6, 0);

    private static dpo_id_t Exclusive(Forwarding forwarding)
    {
        dpo_id_t dpo = default;
        dpo.as_u64 = forwarding.Dpo;
        return dpo;
    }
}
