using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Routes;

/// <summary>
/// Counts the interfaces that are in another table than 0 (VNET_SW_INTERFACE_TABLE_BIND_V4_CB does it in an init function). VPP
/// tells of each that goes from one table to another, with the workers held; one that is deleted goes to table 0 first.
/// </summary>
internal static unsafe class TableBindings
{
    /// <summary>Starts listening.</summary>
    public static void Listen()
    {
        ip4_main_t* ip4 = VppProcess.Imports->Ip4Main;
        ip6_main_t* ip6 = VppProcess.Imports->Ip6Main;
        RealmMap.InterfacesElsewhere4 = CountElsewhere(ip4->fib_index_by_sw_if_index);
        RealmMap.InterfacesElsewhere6 = CountElsewhere(ip6->fib_index_by_sw_if_index);
        ip4->table_bind_callbacks = Clib.vec_add1(ip4->table_bind_callbacks, new ip4_table_bind_callback_t { function = &OnBind4 });
        ip6->table_bind_callbacks = Clib.vec_add1(ip6->table_bind_callbacks, new ip6_table_bind_callback_t { function = &OnBind6 });
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnBind4(ip4_main_t* main, nuint opaque, uint interfaceIndex, uint newTable, uint oldTable) =>
        Volatile.Write(ref RealmMap.InterfacesElsewhere4, RealmMap.InterfacesElsewhere4 + IsElsewhere(newTable) - IsElsewhere(oldTable));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnBind6(ip6_main_t* main, nuint opaque, uint interfaceIndex, uint newTable, uint oldTable) =>
        Volatile.Write(ref RealmMap.InterfacesElsewhere6, RealmMap.InterfacesElsewhere6 + IsElsewhere(newTable) - IsElsewhere(oldTable));

    private static uint CountElsewhere(uint* tables)
    {
        uint count = 0;
        for (uint i = 0; i < Clib.vec_len(tables); i++) count += IsElsewhere(tables[i]);
        return count;
    }

    private static uint IsElsewhere(uint table) => table == FibSource.DefaultTable ? 0u : 1;
}
