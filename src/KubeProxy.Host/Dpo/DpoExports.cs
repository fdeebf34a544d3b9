using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Interop;

namespace KubeProxy.Host.Dpo;

/// <summary>vnet/dpo/dpo.h and load_balance.h as the plugin imports them.</summary>
internal static unsafe class DpoExports
{
    [UnmanagedCallersOnly(EntryPoint = "dpo_register_new_type", CallConvs = [typeof(CallConvCdecl)])]
    internal static dpo_type_t RegisterNewType(dpo_vft_t* functions, byte*** nodes) => DpoTypes.RegisterNew(functions, nodes);

    [UnmanagedCallersOnly(EntryPoint = "dpo_set", CallConvs = [typeof(CallConvCdecl)])]
    internal static void Set(dpo_id_t* dpo, dpo_type_t type, dpo_proto_t proto, uint index)
    {
        dpo_id_t value = DpoTypes.Make(type, proto == dpo_proto_t.DPO_PROTO_IP6, index);
        value.dpoi_next_node = dpo->dpoi_next_node;
        DpoTypes.Copy(dpo, value);
    }

    [UnmanagedCallersOnly(EntryPoint = "dpo_reset", CallConvs = [typeof(CallConvCdecl)])]
    internal static void Reset(dpo_id_t* dpo) => DpoTypes.Copy(dpo, DpoTypes.Invalid());

    [UnmanagedCallersOnly(EntryPoint = "dpo_stack_from_node", CallConvs = [typeof(CallConvCdecl)])]
    internal static void StackFromNode(uint childNode, dpo_id_t* dpo, dpo_id_t* parent) => DpoTypes.StackFromNode(childNode, dpo, *parent);

    /// <summary>No way has an MTU that anybody is told of.</summary>
    [UnmanagedCallersOnly(EntryPoint = "dpo_get_mtu", CallConvs = [typeof(CallConvCdecl)])]
    internal static ushort GetMtu(dpo_id_t* dpo) => ushort.MaxValue;

    [UnmanagedCallersOnly(EntryPoint = "load_balance_get_bucket", CallConvs = [typeof(CallConvCdecl)])]
    internal static dpo_id_t* GetBucket(uint index, uint bucket) => LoadBalances.Bucket(index) + bucket;
}
