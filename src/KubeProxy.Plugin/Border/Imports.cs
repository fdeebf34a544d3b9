using System.Runtime.InteropServices;
using KubeProxy.Interop;

namespace KubeProxy.Plugin.Border;

/// <summary>Addresses of VPP's data symbols, filled in by the linker in kp_glue.c: C# cannot import data.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Imports
{
    /// <summary><c>vlib_global_main</c>.</summary>
    public vlib_global_main_t* GlobalMain;

    /// <summary><c>vlib_buffer_func_main</c>.</summary>
    public vlib_buffer_func_main_t* BufferFunctions;

    /// <summary><c>feature_main</c>.</summary>
    public vnet_feature_main_t* FeatureMain;

    /// <summary><c>load_balance_pool</c>, a pool whose address changes when it grows.</summary>
    public load_balance_t** LoadBalancePool;

    /// <summary><c>adj_pool</c>, a pool whose address changes when it grows.</summary>
    public ip_adjacency_t** AdjacencyPool;

    /// <summary><c>ip4_main</c>.</summary>
    public ip4_main_t* Ip4Main;

    /// <summary><c>ip6_main</c>.</summary>
    public ip6_main_t* Ip6Main;
}
