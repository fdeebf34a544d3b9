using System.Runtime.InteropServices;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Dpo;

/// <summary>
/// The kinds of data-path object: for each, the nodes that handle its packets (by protocol) and, for the plugin's kinds,
/// the functions that count references and print one.
/// </summary>
internal static unsafe class DpoTypes
{
    private sealed class Kind(string name)
    {
        internal string Name { get; } = name;

        internal string[][] NodesByProtocol { get; init; } = [];

        internal dpo_vft_t* Functions { get; init; }
    }

    private static readonly Dictionary<dpo_type_t, Kind> Kinds = new()
    {
        [dpo_type_t.DPO_DROP] = Host("drop", "ip4-drop", "ip6-drop"),
        [dpo_type_t.DPO_LOAD_BALANCE] = Host("load-balance", "ip4-lookup", "ip6-lookup"),
        [dpo_type_t.DPO_ADJACENCY] = Host("adjacency", "ip4-rewrite", "ip6-rewrite"),
        [dpo_type_t.DPO_ADJACENCY_INCOMPLETE] = Host("adjacency-incomplete", "ip4-arp", "ip6-discover-neighbor"),
        [dpo_type_t.DPO_ADJACENCY_GLEAN] = Host("glean", "ip4-glean", "ip6-glean"),
        [dpo_type_t.DPO_RECEIVE] = Host("receive", "ip4-receive", "ip6-receive"),
    };

    private static Kind Host(string name, string ip4Node, string ip6Node) => new(name) { NodesByProtocol = [[ip4Node], [ip6Node]] };

    /// <summary>A plugin's kind. <paramref name="nodes"/>: per protocol, a list of node names that ends with a null, or null.</summary>
    internal static dpo_type_t RegisterNew(dpo_vft_t* functions, byte*** nodes)
    {
        dpo_type_t type = (dpo_type_t)((int)dpo_type_t.DPO_LAST + Kinds.Count);
        dpo_vft_t* copy = (dpo_vft_t*)NativeMemory.Alloc((nuint)sizeof(dpo_vft_t));
        *copy = *functions;
        Kinds[type] = new Kind($"type-{(int)type}") { Functions = copy, NodesByProtocol = [Names(nodes, 0), Names(nodes, 1)] };
        return type;
    }

    private static string[] Names(byte*** nodes, int protocol)
    {
        byte** list = nodes == null ? null : nodes[protocol];
        List<string> names = [];
        for (int i = 0; list != null && list[i] != null; i++)
            names.Add(Graph.Text(list[i]));
        return [.. names];
    }

    internal static bool IsValid(dpo_id_t dpo) => dpo.dpoi_type != dpo_type_t.DPO_FIRST && dpo.dpoi_index != Vpp.INDEX_INVALID;

    internal static dpo_id_t Invalid()
    {
        dpo_id_t dpo = default;
        dpo.dpoi_type = dpo_type_t.DPO_FIRST;
        dpo.dpoi_proto = (dpo_proto_t)7;
        dpo.dpoi_index = Vpp.INDEX_INVALID;
        return dpo;
    }

    internal static dpo_id_t Make(dpo_type_t type, bool isIp6, uint index)
    {
        dpo_id_t dpo = default;
        dpo.dpoi_type = type;
        dpo.dpoi_proto = isIp6 ? dpo_proto_t.DPO_PROTO_IP6 : dpo_proto_t.DPO_PROTO_IP4;
        dpo.dpoi_index = index;
        return dpo;
    }

    internal static void Lock(dpo_id_t* dpo)
    {
        if (!IsValid(*dpo))
            return;
        if (dpo->dpoi_type == dpo_type_t.DPO_LOAD_BALANCE)
            LoadBalances.Lock(dpo->dpoi_index);
        else if (Kinds[dpo->dpoi_type].Functions is var f && f != null)
            f->dv_lock(dpo);
    }

    internal static void Unlock(dpo_id_t* dpo)
    {
        if (!IsValid(*dpo))
            return;
        if (dpo->dpoi_type == dpo_type_t.DPO_LOAD_BALANCE)
            LoadBalances.Unlock(dpo->dpoi_index);
        else if (Kinds[dpo->dpoi_type].Functions is var f && f != null)
            f->dv_unlock(dpo);
    }

    /// <summary>Replaces the target: the new object is referenced before the old one is let go.</summary>
    internal static void Copy(dpo_id_t* target, dpo_id_t source)
    {
        dpo_id_t old = *target;
        *target = source;
        Lock(target);
        Unlock(&old);
    }

    /// <summary>The target becomes the parent, with the arc from the child's node to the parent's node as its next.</summary>
    internal static void StackFromNode(uint childNode, dpo_id_t* target, dpo_id_t parent)
    {
        uint edge = 0;
        foreach (uint node in Nodes(parent))
            edge = Graph.AddNext(Graph.Get(childNode), node);
        parent.dpoi_next_node = (ushort)edge;
        Copy(target, parent);
    }

    private static List<uint> Nodes(dpo_id_t dpo)
    {
        Kind kind = Kinds[dpo.dpoi_type];
        List<uint> nodes = [];
        if (kind.Functions != null && kind.Functions->dv_get_next_node != null)
        {
            uint* vector = kind.Functions->dv_get_next_node(&dpo);
            nodes.AddRange(new ReadOnlySpan<uint>(vector, (int)Vec.Length(vector)));
            Vec.Free(vector);
            return nodes;
        }
        foreach (string name in kind.NodesByProtocol[(int)dpo.dpoi_proto])
            nodes.Add(Graph.Find(name)?.Index ?? throw new InvalidOperationException($"a data-path object leads to node \"{name}\", which does not exist"));
        return nodes;
    }

    /// <summary>One line for <c>show ip fib</c>.</summary>
    internal static string Describe(dpo_id_t dpo)
    {
        Kind kind = Kinds[dpo.dpoi_type];
        if (kind.Functions != null && kind.Functions->dv_format != null)
            return FormatExports.Call(kind.Functions->dv_format, dpo.dpoi_index, 0);
        return dpo.dpoi_type is dpo_type_t.DPO_DROP ? kind.Name : $"{kind.Name} [{dpo.dpoi_index}] {Adjacencies.Describe(dpo)}";
    }
}
