using KubeProxy.Host.Dpo;
using KubeProxy.Host.Ip;
using KubeProxy.Interop;

namespace KubeProxy.Host.Fib;

/// <summary>
/// Table 0 of both families. Every change re-resolves the entries that it may concern and tells the children of those
/// whose forwarding really changed.
/// </summary>
internal static unsafe class FibTable
{
    private static readonly LpmTable Ip4 = new(false);
    private static readonly LpmTable Ip6 = new(true);
    private static readonly List<FibEntry?> Entries = [];
    private static readonly Stack<int> FreeIndices = new();

    /// <summary>Sources that say "by way of a next hop that is looked up itself".</summary>
    private static int _recursiveCount;

    internal static IEnumerable<FibEntry> All => Entries.OfType<FibEntry>();

    internal static FibEntry? Get(uint index) => index < Entries.Count ? Entries[(int)index] : null;

    internal static void Initialize()
    {
        AddSource(new IpPrefix(new IpAddr(false, 0), 0), FibSources.DefaultRoute, new Forwarding(ForwardingKind.Drop));
        AddSource(new IpPrefix(new IpAddr(true, 0), 0), FibSources.DefaultRoute, new Forwarding(ForwardingKind.Drop));
    }

    private static LpmTable Table(bool isIp6) => isIp6 ? Ip6 : Ip4;

    /// <summary>The load balance for a destination; the default route is always there.</summary>
    internal static uint Lookup(IpAddr destination) => Entries[Table(destination.IsIp6).Find(destination)]!.LoadBalance;

    internal static FibEntry? FindExact(IpPrefix prefix)
    {
        int index = Table(prefix.IsIp6).FindExact(prefix);
        return index == LpmTable.NotFound ? null : Entries[index];
    }

    internal static FibEntry FindLongest(IpAddr address) => Entries[Table(address.IsIp6).Find(address)]!;

    internal static FibEntry? FindCover(IpPrefix prefix)
    {
        int index = Table(prefix.IsIp6).FindCover(prefix);
        return index == LpmTable.NotFound ? null : Entries[index];
    }

    /// <summary>Adds a source, or one more reference to it; the last word about the forwarding counts.</summary>
    internal static FibEntry AddSource(IpPrefix prefix, byte source, Forwarding forwarding)
    {
        prefix = prefix.Network;
        FibEntry entry = FindExact(prefix) ?? Create(prefix);
        if (entry.Find(source) is { } known)
        {
            known.References++;
            ReplaceForwarding(known, forwarding);
        }
        else
        {
            Reference(forwarding);
            entry.Insert(new FibSource(source, forwarding));
        }
        Recompute(entry);
        return entry;
    }

    /// <summary>Takes one reference of a source away; false if the prefix has no such source.</summary>
    internal static bool RemoveSource(IpPrefix prefix, byte source)
    {
        prefix = prefix.Network;
        if (FindExact(prefix) is not { } entry || entry.Find(source) is not { } known)
            return false;
        if (--known.References > 0)
            return true;
        if (entry.Sources.Count == 1)
        {
            Table(prefix.IsIp6).Remove(prefix);
            Entries[(int)entry.Index] = null;
            FreeIndices.Push((int)entry.Index);
            Recompute(entry);
            LoadBalances.Unlock(entry.LoadBalance);
        }
        else
        {
            entry.Sources.Remove(known);
            Recompute(entry);
        }
        Unreference(known.Forwarding);
        return true;
    }

    private static FibEntry Create(IpPrefix prefix)
    {
        if (!FreeIndices.TryPop(out int index))
        {
            index = Entries.Count;
            Entries.Add(null);
        }
        FibEntry entry = new((uint)index, prefix, LoadBalances.Create(prefix.IsIp6));
        Entries[index] = entry;
        Table(prefix.IsIp6).Set(prefix, index);
        return entry;
    }

    private static void ReplaceForwarding(FibSource source, Forwarding forwarding)
    {
        Forwarding old = source.Forwarding;
        Reference(forwarding);
        source.Forwarding = forwarding;
        Unreference(old);
    }

    private static void Reference(Forwarding forwarding)
    {
        if (forwarding.Kind == ForwardingKind.Recursive)
            _recursiveCount++;
        dpo_id_t dpo = default;
        dpo.as_u64 = forwarding.Dpo;
        if (forwarding.Kind == ForwardingKind.Exclusive)
            DpoTypes.Lock(&dpo);
    }

    private static void Unreference(Forwarding forwarding)
    {
        if (forwarding.Kind == ForwardingKind.Recursive)
            _recursiveCount--;
        dpo_id_t dpo = default;
        dpo.as_u64 = forwarding.Dpo;
        if (forwarding.Kind == ForwardingKind.Exclusive)
            DpoTypes.Unlock(&dpo);
    }

    /// <summary>After a change of an interface or a neighbour: every entry may be concerned.</summary>
    internal static void RecomputeAll()
    {
        foreach (FibEntry entry in All.ToList())
            Apply(entry);
    }

    /// <summary>After a change of one entry: itself, what it covers, and what is reached through a next hop.</summary>
    private static void Recompute(FibEntry changed)
    {
        if (Get(changed.Index) == changed)
            Apply(changed);
        bool anyRecursive = _recursiveCount > 0;
        if (changed.Prefix.IsHost && !anyRecursive)
            return;
        foreach (FibEntry entry in All.Where(e => e != changed && MayDepend(e, changed.Prefix, anyRecursive)).ToList())
            Apply(entry);
    }

    private static bool MayDepend(FibEntry entry, IpPrefix changed, bool anyRecursive) => entry.Best.Forwarding.Kind switch
    {
        ForwardingKind.Cover => anyRecursive || (entry.Prefix.Length > changed.Length && changed.Covers(entry.Prefix.Address)),
        ForwardingKind.Recursive => true,
        _ => false,
    };

    private static void Apply(FibEntry entry)
    {
        dpo_id_t old = *LoadBalances.Bucket(entry.LoadBalance);
        LoadBalances.SetBucket(entry.LoadBalance, FibResolver.Resolve(entry));
        dpo_id_t now = *LoadBalances.Bucket(entry.LoadBalance);
        if (old.as_u64 != now.as_u64)
            FibTracking.Tell(entry);
    }
}
