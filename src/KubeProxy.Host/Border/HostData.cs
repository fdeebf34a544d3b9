using System.Runtime.InteropServices;
using KubeProxy.Interop;

namespace KubeProxy.Host.Border;

/// <summary>The symbols of host_data.c: VPP's global structures, and the time stamp counter.</summary>
internal static unsafe partial class HostData
{
    private const string Library = "ku_host_data";

    internal static vlib_global_main_t* GlobalMain { get; private set; }

    internal static vlib_buffer_func_main_t* BufferFunctions { get; private set; }

    internal static vnet_feature_main_t* Features { get; private set; }

    /// <summary>Where the pointer to the first load balance stands.</summary>
    internal static load_balance_t** LoadBalancePool { get; private set; }

    /// <summary>Where the pointer to the first adjacency stands.</summary>
    internal static ip_adjacency_t** AdjacencyPool { get; private set; }

    /// <exception cref="InvalidOperationException">A structure of the bindings is larger than the room for it.</exception>
    internal static void Initialize()
    {
        GlobalMain = (vlib_global_main_t*)Room(GlobalMainSymbol(), sizeof(vlib_global_main_t));
        BufferFunctions = (vlib_buffer_func_main_t*)Room(BufferFunctionsSymbol(), sizeof(vlib_buffer_func_main_t));
        LoadBalancePool = (load_balance_t**)LoadBalancePoolSymbol();
        AdjacencyPool = (ip_adjacency_t**)AdjacencyPoolSymbol();
        Features = (vnet_feature_main_t*)Room(FeaturesSymbol(), sizeof(vnet_feature_main_t));
    }

    [LibraryImport(Library, EntryPoint = "ku_host_timestamp")]
    [SuppressGCTransition]
    internal static partial ulong Timestamp();

    private static void* Room(void* symbol, int bytes) =>
        (ulong)bytes <= SymbolBytes() ? symbol : throw new InvalidOperationException($"a structure of {bytes} bytes does not fit into host_data.c's symbols");

    [LibraryImport(Library, EntryPoint = "ku_host_data_bytes")]
    private static partial ulong SymbolBytes();

    [LibraryImport(Library, EntryPoint = "ku_host_data_vlib_global_main")]
    private static partial void* GlobalMainSymbol();

    [LibraryImport(Library, EntryPoint = "ku_host_data_vlib_buffer_func_main")]
    private static partial void* BufferFunctionsSymbol();

    [LibraryImport(Library, EntryPoint = "ku_host_data_feature_main")]
    private static partial void* FeaturesSymbol();

    [LibraryImport(Library, EntryPoint = "ku_host_data_load_balance_pool")]
    private static partial void* LoadBalancePoolSymbol();

    [LibraryImport(Library, EntryPoint = "ku_host_data_adj_pool")]
    private static partial void* AdjacencyPoolSymbol();
}
