using KubeProxy.Host.Ip;
using KubeProxy.Host.Vnet;
using KubeProxy.Interop;

namespace KubeProxy.Host.Fib;

internal enum ForwardingKind
{
    /// <summary>Nothing is reachable.</summary>
    Drop,

    /// <summary>The packets are for the host itself.</summary>
    Receive,

    /// <summary>A connected subnet: each destination is its own next hop.</summary>
    Glean,

    /// <summary>A next hop on a named interface.</summary>
    AttachedNextHop,

    /// <summary>A next hop that is looked up itself.</summary>
    Recursive,

    /// <summary>An object that a plugin provides.</summary>
    Exclusive,

    /// <summary>Whatever the covering entry does (a tracked address).</summary>
    Cover,
}

/// <summary>What one source says about a prefix.</summary>
internal readonly record struct Forwarding(ForwardingKind Kind, Interface? Interface = null, IpAddr NextHop = default, ulong Dpo = 0);

/// <summary>One source of an entry, with the number of times that it was added.</summary>
internal sealed class FibSource(byte source, Forwarding forwarding)
{
    internal byte Source { get; } = source;

    internal Forwarding Forwarding { get; set; } = forwarding;

    internal int References { get; set; } = 1;
}

/// <summary>Who wants to be told when an entry's forwarding changes: an object of one of the plugin's FIB node types.</summary>
internal readonly record struct FibChild(uint Sibling, fib_node_type_t Type, uint Index);

/// <summary>A prefix of the table: its sources, best first, and the load balance that forwards its packets.</summary>
internal sealed class FibEntry(uint index, IpPrefix prefix, uint loadBalance)
{
    internal uint Index { get; } = index;

    internal IpPrefix Prefix { get; } = prefix;

    internal uint LoadBalance { get; } = loadBalance;

    internal List<FibSource> Sources { get; } = [];

    internal List<FibChild> Children { get; } = [];

    internal FibSource Best => Sources[0];

    internal FibSource? Find(byte source) => Sources.Find(s => s.Source == source);

    internal void Insert(FibSource source)
    {
        int at = Sources.FindIndex(s => FibSources.Priority(s.Source) > FibSources.Priority(source.Source));
        Sources.Insert(at < 0 ? Sources.Count : at, source);
    }
}
