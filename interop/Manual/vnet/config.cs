using System.Runtime.CompilerServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vnet
{
    /// <summary>The heap of the arcs' configuration strings.</summary>
    /// <param name="cm">An arc's configuration.</param>
    /// <returns>Where the heap's address is.</returns>
    public static uint** vnet_get_config_heap(vnet_config_main_t* cm)
    {
        // if (cm->external_string_heap_ptr) return cm->external_string_heap_ptr;
        // return &cm->config_string_heap;
        return cm->external_string_heap_ptr != null ? cm->external_string_heap_ptr : &cm->config_string_heap;
    }

    /// <summary>Steps to the next feature of an arc.</summary>
    /// <param name="cm">The arc's configuration.</param>
    /// <param name="config_index">Where the packet is; moved on.</param>
    /// <param name="next_index">Receives the next index.</param>
    /// <param name="n_data_bytes">Bytes of data that this feature was enabled with.</param>
    /// <returns>The data.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* vnet_get_config_data(vnet_config_main_t* cm, uint* config_index, uint* next_index, uint n_data_bytes)
    {
        // d = heap_elt_at_index (*vnet_get_config_heap (cm), i);                          (the rest as below)
        return vnet_get_config_shared_data(*vnet_get_config_heap(cm), config_index, next_index, n_data_bytes);
    }

    /// <summary>Steps to the next feature of an arc.</summary>
    /// <param name="config_string_heap">The heap that all arcs share.</param>
    /// <param name="config_index">Where the packet is; moved on.</param>
    /// <param name="next_index">Receives the next index.</param>
    /// <param name="n_data_bytes">Bytes of data that this feature was enabled with.</param>
    /// <returns>The data.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* vnet_get_config_shared_data(uint* config_string_heap, uint* config_index, uint* next_index, uint n_data_bytes)
    {
        // i = *config_index;   d = heap_elt_at_index (config_string_heap, i);
        // n = round_pow2 (n_data_bytes, sizeof (d[0])) / sizeof (d[0]);
        // *next_index = d[n];   *config_index = (i + n + 1);   return (void *) d;
        uint i = *config_index;
        uint* d = config_string_heap + i;
        uint n = (n_data_bytes + sizeof(uint) - 1) / sizeof(uint);
        *next_index = d[n];
        *config_index = i + n + 1;
        return d;
    }
}
