using KubeProxy.Host.Border;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Dpo;

/// <summary>VPP's load_balance_t as far as one bucket goes: what a FIB entry contributes, and what the lookup node reads.</summary>
internal static unsafe class LoadBalances
{
    private const uint ElementBytes = 64;
    private const uint FirstCapacity = 1024;

    private static readonly Stack<uint> FreeIndices = new();
    private static byte* _pool = Vec.CreateRaw(0, FirstCapacity, ElementBytes);

    internal static void Initialize() => *HostData.LoadBalancePool = (load_balance_t*)_pool;

    internal static load_balance_t* Get(uint index) => (load_balance_t*)(_pool + (index * ElementBytes));

    internal static dpo_id_t* Bucket(uint index) => (dpo_id_t*)&Get(index)->lb_buckets_inline;

    /// <summary>A load balance that leads nowhere yet and is referenced once.</summary>
    internal static uint Create(bool isIp6)
    {
        if (!FreeIndices.TryPop(out uint index))
        {
            index = Vec.Length(_pool);
            _pool = Vec.AppendRaw(_pool, ElementBytes);
            Initialize();
        }
        load_balance_t* balance = Get(index);
        *balance = default;
        balance->lb_n_buckets = 1;
        balance->lb_proto = isIp6 ? dpo_proto_t.DPO_PROTO_IP6 : dpo_proto_t.DPO_PROTO_IP4;
        balance->lb_locks = 1;
        balance->lb_map = Vpp.INDEX_INVALID;
        balance->lb_urpf = Vpp.INDEX_INVALID;
        *Bucket(index) = DpoTypes.Invalid();
        return index;
    }

    internal static void Lock(uint index) => Get(index)->lb_locks++;

    internal static void Unlock(uint index)
    {
        if (--Get(index)->lb_locks > 0)
            return;
        DpoTypes.Copy(Bucket(index), DpoTypes.Invalid());
        FreeIndices.Push(index);
    }

    /// <summary>Leads the lookup node of the family to an object.</summary>
    internal static void SetBucket(uint index, dpo_id_t parent)
    {
        bool isIp6 = Get(index)->lb_proto == dpo_proto_t.DPO_PROTO_IP6;
        DpoTypes.StackFromNode(Graph.Find(isIp6 ? "ip6-lookup" : "ip4-lookup")!.Index, Bucket(index), parent);
    }
}
