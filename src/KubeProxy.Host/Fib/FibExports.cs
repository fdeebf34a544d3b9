using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Host.Border;
using KubeProxy.Host.Dpo;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Interop;

namespace KubeProxy.Host.Fib;

/// <summary>vnet/fib as the plugin imports it. The embedded host has table 0 only; another number is refused aloud.</summary>
internal static unsafe class FibExports
{
    [UnmanagedCallersOnly(EntryPoint = "fib_source_allocate", CallConvs = [typeof(CallConvCdecl)])]
    internal static fib_source_t AllocateSource(byte* name, byte priority, fib_source_behaviour_t behaviour) =>
        (fib_source_t)FibSources.Allocate(Graph.Text(name), priority);

    [UnmanagedCallersOnly(EntryPoint = "fib_node_register_new_type", CallConvs = [typeof(CallConvCdecl)])]
    internal static fib_node_type_t RegisterNodeType(byte* name, fib_node_vft_t* functions) => FibTracking.RegisterType(functions);

    [UnmanagedCallersOnly(EntryPoint = "fib_node_init", CallConvs = [typeof(CallConvCdecl)])]
    internal static void NodeInit(fib_node_t* node, fib_node_type_t type)
    {
        node->fn_type = type;
        node->fn_locks = 0;
        node->fn_children = Vpp.FIB_NODE_INDEX_INVALID;
    }

    [UnmanagedCallersOnly(EntryPoint = "fib_table_entry_special_dpo_add", CallConvs = [typeof(CallConvCdecl)])]
    internal static uint SpecialDpoAdd(uint fibIndex, fib_prefix_t* prefix, fib_source_t source, fib_entry_flag_t flags, dpo_id_t* dpo)
    {
        if (!IsTableZero(fibIndex))
            return Vpp.FIB_NODE_INDEX_INVALID;
        if ((flags & fib_entry_flag_t.FIB_ENTRY_FLAG_EXCLUSIVE) == 0)
            HostLog.Warning($"{Read(prefix)}: entry without FIB_ENTRY_FLAG_EXCLUSIVE is treated as exclusive");
        return FibTable.AddSource(Read(prefix), (byte)source, new Forwarding(ForwardingKind.Exclusive, Dpo: dpo->as_u64)).Index;
    }

    [UnmanagedCallersOnly(EntryPoint = "fib_table_entry_special_remove", CallConvs = [typeof(CallConvCdecl)])]
    internal static void SpecialRemove(uint fibIndex, fib_prefix_t* prefix, fib_source_t source)
    {
        if (IsTableZero(fibIndex) && !FibTable.RemoveSource(Read(prefix), (byte)source))
            HostLog.Error($"the plugin removed {Read(prefix)}, which it had not added");
    }

    [UnmanagedCallersOnly(EntryPoint = "fib_entry_track", CallConvs = [typeof(CallConvCdecl)])]
    internal static uint Track(uint fibIndex, fib_prefix_t* prefix, fib_node_type_t type, uint child, uint* sibling)
    {
        if (!IsTableZero(fibIndex))
            return Vpp.FIB_NODE_INDEX_INVALID;
        uint entry = FibTracking.Track(Read(prefix), type, child, out uint number).Index;
        *sibling = number;
        return entry;
    }

    [UnmanagedCallersOnly(EntryPoint = "fib_entry_untrack", CallConvs = [typeof(CallConvCdecl)])]
    internal static void Untrack(uint entry, uint sibling)
    {
        if (!FibTracking.TryUntrack(entry, sibling))
            HostLog.Error($"the plugin stopped tracking FIB entry {entry} as {sibling}, which it did not track");
    }

    [UnmanagedCallersOnly(EntryPoint = "fib_entry_contribute_forwarding", CallConvs = [typeof(CallConvCdecl)])]
    internal static void ContributeForwarding(uint entry, fib_forward_chain_type_t chain, dpo_id_t* dpo)
    {
        if (FibTable.Get(entry) is not { } found)
        {
            HostLog.Error($"the plugin asked for the forwarding of FIB entry {entry}, which does not exist");
            DpoTypes.Copy(dpo, DpoTypes.Invalid());
            return;
        }
        DpoTypes.Copy(dpo, DpoTypes.Make(dpo_type_t.DPO_LOAD_BALANCE, found.Prefix.IsIp6, found.LoadBalance));
    }

    /// <summary>Of the user's numbers there is 0 only.</summary>
    [UnmanagedCallersOnly(EntryPoint = "fib_table_find", CallConvs = [typeof(CallConvCdecl)])]
    internal static uint FindTable(fib_protocol_t protocol, uint tableId) => tableId == 0 ? 0 : uint.MaxValue;

    [UnmanagedCallersOnly(EntryPoint = "fib_table_lock", CallConvs = [typeof(CallConvCdecl)])]
    internal static void LockTable(uint fibIndex, fib_protocol_t protocol, fib_source_t source) => IsTableZero(fibIndex);

    [UnmanagedCallersOnly(EntryPoint = "fib_table_unlock", CallConvs = [typeof(CallConvCdecl)])]
    internal static void UnlockTable(uint fibIndex, fib_protocol_t protocol, fib_source_t source) => IsTableZero(fibIndex);

    private static bool IsTableZero(uint fibIndex)
    {
        if (fibIndex != 0)
            HostLog.Error($"FIB table {fibIndex}: the embedded host has table 0 only");
        return fibIndex == 0;
    }

    /// <summary>fib_prefix_t: length, protocol, and an address whose last four bytes are an IPv4 address.</summary>
    private static IpPrefix Read(fib_prefix_t* prefix)
    {
        bool isIp6 = prefix->fp_proto == fib_protocol_t.FIB_PROTOCOL_IP6;
        byte* address = (byte*)&prefix->fp_addr;
        return new IpPrefix(IpAddr.FromWire(isIp6, isIp6 ? address : address + 12), prefix->fp_len);
    }
}
