using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Services;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Nodes;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Routes;

/// <summary>VIP prefixes in the FIB: each is an exclusive entry whose DPO leads to the forward node and holds the VIP slot.</summary>
internal sealed unsafe class VipRoutes
{
    private readonly FibTables _tables;
    private readonly fib_source_t _source;
    private readonly dpo_type_t _type4;
    private readonly dpo_type_t _type6;
    private readonly dpo_type_t _type46;
    private readonly dpo_type_t _type64;

    /// <summary>Registers the DPO types, one for each node.</summary>
    public VipRoutes(FibTables tables, fib_source_t source)
    {
        (_tables, _source) = (tables, source);
        _type4 = RegisterType("kp4-nat4", dpo_proto_t.DPO_PROTO_IP4);
        _type6 = RegisterType("kp6-nat6", dpo_proto_t.DPO_PROTO_IP6);
        _type46 = RegisterType(TranslationNode.Nat46, dpo_proto_t.DPO_PROTO_IP4);
        _type64 = RegisterType(TranslationNode.Nat64, dpo_proto_t.DPO_PROTO_IP6);
    }

    /// <summary>True when a DPO is a VIP's: its index is a <see cref="VipMark"/>.</summary>
    public bool IsVip(dpo_id_t* dpo)
    {
        dpo_type_t type = dpo->dpoi_type;
        return type == _type4 || type == _type6 || type == _type46 || type == _type64;
    }

    /// <summary>Sends the packets of the VIP's table to the VIP's prefix to the forward node of its pods' family.</summary>
    public void Install(uint vipSlot, VipKey vip, bool isTranslated)
    {
        bool isIp6 = FibPrefix.IsIp6(vip.Prefix.BaseAddress);
        fib_prefix_t key = FibPrefix.Of(vip.Prefix);
        uint table = _tables.Enter(vip.Table, isIp6, out uint realm);
        dpo_id_t dpo = default;
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        Fib.dpo_set(&dpo, TypeOf(isIp6, isTranslated), isIp6 ? dpo_proto_t.DPO_PROTO_IP6 : dpo_proto_t.DPO_PROTO_IP4, VipMark.Of(vipSlot, realm));
        _ = Fib.fib_table_entry_special_dpo_add(table, &key, _source, fib_entry_flag_t.FIB_ENTRY_FLAG_EXCLUSIVE, &dpo);
        Fib.dpo_reset(&dpo);
    }

    /// <summary>Gives the prefix back to the other sources.</summary>
    public void Remove(VipKey vip)
    {
        bool isIp6 = FibPrefix.IsIp6(vip.Prefix.BaseAddress);
        fib_prefix_t key = FibPrefix.Of(vip.Prefix);
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        Fib.fib_table_entry_special_remove(_tables.IndexOf(vip.Table, isIp6), &key, _source);
        _tables.Leave(vip.Table, isIp6);
    }

    private dpo_type_t TypeOf(bool isIp6, bool isTranslated)
    {
        if (isIp6) return isTranslated ? _type64 : _type6;
        return isTranslated ? _type46 : _type4;
    }

    private static dpo_type_t RegisterType(string node, dpo_proto_t protocol)
    {
        dpo_vft_t* functions = (dpo_vft_t*)NativeMemory.AllocZeroed((nuint)sizeof(dpo_vft_t));
        functions->dv_lock = &Lock;
        functions->dv_unlock = &Lock;
        functions->dv_format = &Format;

        // One list of node names for each protocol, null where the type has none.
        byte*** nodes = (byte***)NativeMemory.AllocZeroed((nuint)dpo_proto_t.DPO_PROTO_BIER + 1, (nuint)sizeof(byte**));
        nodes[(int)protocol] = NativeText.ForeverList(node);
        return Fib.dpo_register_new_type(functions, nodes);
    }

    /// <summary>A VIP outlives its FIB entry: the catalog keeps it, so references need no count.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Lock(dpo_id_t* dpo)
    {
    }

    /// <summary>format_function_t of the DPO types: <c>show ip fib</c>. Arguments: index_t, u32 indent.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* Format(byte* s, VaList* arguments)
    {
        uint mark = arguments->NextU32();
        try
        {
            string realm = VipMark.RealmOf(mark) == 0 ? string.Empty : $" realm {VipMark.RealmOf(mark)}";
            fixed (byte* format = "%s"u8, text = NativeText.Terminated($"kube-proxy vip {VipMark.SlotOf(mark)}{realm}")) return Clib.format(s, format, text);
        }
        catch (Exception)
        {
            return s;
        }
    }
}
