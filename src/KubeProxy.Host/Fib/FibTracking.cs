using System.Runtime.InteropServices;
using KubeProxy.Host.Ip;
using KubeProxy.Interop;

namespace KubeProxy.Host.Fib;

/// <summary>Children of entries: the plugin's objects that follow an address, and the walk that tells them of a change.</summary>
internal static unsafe class FibTracking
{
    private static readonly Dictionary<fib_node_type_t, nint> Types = [];

    private static uint _nextSibling = 1;

    internal static fib_node_type_t RegisterType(fib_node_vft_t* functions)
    {
        fib_node_type_t type = (fib_node_type_t)((int)fib_node_type_t.FIB_NODE_TYPE_LAST + 1 + Types.Count);
        fib_node_vft_t* copy = (fib_node_vft_t*)NativeMemory.Alloc((nuint)sizeof(fib_node_vft_t));
        *copy = *functions;
        Types[type] = (nint)copy;
        return type;
    }

    internal static FibEntry Track(IpPrefix prefix, fib_node_type_t type, uint child, out uint sibling)
    {
        FibEntry entry = FibTable.AddSource(prefix, FibSources.Tracking, new Forwarding(ForwardingKind.Cover));
        sibling = _nextSibling++;
        entry.Children.Add(new FibChild(sibling, type, child));
        return entry;
    }

    /// <summary>False if nobody tracks the entry under that number.</summary>
    internal static bool TryUntrack(uint entryIndex, uint sibling)
    {
        if (FibTable.Get(entryIndex) is not { } entry || entry.Children.RemoveAll(c => c.Sibling == sibling) == 0)
            return false;
        FibTable.RemoveSource(entry.Prefix, FibSources.Tracking);
        return true;
    }

    /// <summary>The back walk: each child is asked for its node, and told to look again.</summary>
    internal static void Tell(FibEntry entry)
    {
        foreach (FibChild child in entry.Children.ToList())
        {
            fib_node_vft_t* functions = (fib_node_vft_t*)Types[child.Type];
            fib_node_back_walk_ctx_t context = default;
            context.fnbw_reason = fib_node_bw_reason_flag_t.FIB_NODE_BW_REASON_FLAG_EVALUATE;
            context.fnbw_depth = 1;
            functions->fnv_back_walk(functions->fnv_get(child.Index), &context);
        }
    }
}
