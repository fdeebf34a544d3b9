using KubeProxy.Host.Border;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Dpo;

/// <summary>A next hop on an interface (or, as a glean, the interface's whole subnet) and what is known of its station address.</summary>
internal sealed class Adjacency(uint index, IpAddr nextHop, Interface itf, bool isGlean)
{
    internal uint Index { get; } = index;

    internal IpAddr NextHop { get; } = nextHop;

    internal Interface Interface { get; } = itf;

    internal bool IsGlean { get; } = isGlean;

    internal MacAddress? Mac { get; set; }

    /// <summary>The slot of the interface's output node behind the rewrite node.</summary>
    internal uint RewriteNext { get; set; }

    internal double LastSolicited { get; set; } = double.NegativeInfinity;
}

/// <summary>
/// All adjacencies, by number and by what they are. They live as long as the host: there are as many as neighbours. The
/// plugin reads their next hops in the pool.
/// </summary>
internal static unsafe class Adjacencies
{
    private const uint FirstCapacity = 256;
    private static readonly List<Adjacency> All = [];
    private static readonly Dictionary<(IpAddr NextHop, uint SwIfIndex, bool IsGlean), Adjacency> ByKey = [];
    private static byte* _pool = Vec.CreateRaw(0, FirstCapacity, (uint)sizeof(ip_adjacency_t));

    internal static void Initialize() => *HostData.AdjacencyPool = (ip_adjacency_t*)_pool;

    internal static Adjacency Get(uint index) => All[(int)index];

    internal static Adjacency FindOrAdd(IpAddr nextHop, Interface itf) => FindOrAdd(nextHop, itf, false);

    internal static Adjacency Glean(bool isIp6, Interface itf) => FindOrAdd(new IpAddr(isIp6, UInt128.Zero), itf, true);

    private static Adjacency FindOrAdd(IpAddr nextHop, Interface itf, bool isGlean)
    {
        (IpAddr, uint, bool) key = (nextHop, itf.SwIfIndex, isGlean);
        if (ByKey.TryGetValue(key, out Adjacency? adjacency))
            return adjacency;
        adjacency = new Adjacency((uint)All.Count, nextHop, itf, isGlean);
        adjacency.RewriteNext = Graph.AddNext(Graph.Find(nextHop.IsIp6 ? "ip6-rewrite" : "ip4-rewrite")!, itf.OutputNode.Index);
        Show(adjacency);
        All.Add(adjacency);
        ByKey[key] = adjacency;
        return adjacency;
    }

    private static void Show(Adjacency adjacency)
    {
        _pool = Vec.AppendRaw(_pool, (uint)sizeof(ip_adjacency_t));
        Initialize();
        ip_adjacency_t* shown = (ip_adjacency_t*)_pool + adjacency.Index;
        IpAddr nextHop = adjacency.NextHop;
        shown->ia_nh_proto = nextHop.IsIp6 ? fib_protocol_t.FIB_PROTOCOL_IP6 : fib_protocol_t.FIB_PROTOCOL_IP4;
        shown->rewrite_header.max_l3_packet_bytes = (ushort)Math.Min(adjacency.Interface.Mtu, ushort.MaxValue);
        nextHop.WriteWire(new Span<byte>((byte*)&shown->sub_type.nbr.next_hop + 16 - nextHop.Bytes, nextHop.Bytes));
    }

    internal static dpo_id_t Dpo(Adjacency adjacency)
    {
        dpo_type_t type = adjacency.IsGlean ? dpo_type_t.DPO_ADJACENCY_GLEAN
            : adjacency.Mac is null ? dpo_type_t.DPO_ADJACENCY_INCOMPLETE
            : dpo_type_t.DPO_ADJACENCY;
        return DpoTypes.Make(type, adjacency.NextHop.IsIp6, adjacency.Index);
    }

    internal static string Describe(dpo_id_t dpo)
    {
        if (dpo.dpoi_type == dpo_type_t.DPO_RECEIVE)
            return "";
        Adjacency adjacency = Get(dpo.dpoi_index);
        return adjacency.IsGlean ? $"{adjacency.Interface.Name}" : $"via {adjacency.NextHop} {adjacency.Interface.Name} {adjacency.Mac}";
    }
}
