using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vnet;

/// <summary>The functions that a plugin linked into vnet_main to hear of new interfaces. The host deletes none.</summary>
internal static unsafe class InterfaceListeners
{
    /// <summary>Calls them as VPP does: those of low priority first, until one answers with an error.</summary>
    /// <exception cref="InvalidOperationException">One did.</exception>
    internal static void TellAdded(vnet_main_t* main, uint swIfIndex)
    {
        Tell(main->sw_interface_add_del_functions.low, main, swIfIndex);
        Tell(main->sw_interface_add_del_functions.high, main, swIfIndex);
    }

    private static void Tell(_vnet_interface_function_list_elt_t* list, vnet_main_t* main, uint swIfIndex)
    {
        for (; list != null; list = list->next_interface_function)
        {
            if (ClibError.Take(list->fp(main, swIfIndex, 1)) is { } reason)
                throw new InvalidOperationException($"the plugin refused interface {swIfIndex}: {reason}");
        }
    }
}
