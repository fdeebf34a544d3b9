using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Services;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Routes;

/// <summary>
/// Hears of interfaces that come and go (VNET_SW_INTERFACE_ADD_DEL_FUNCTION does it in a constructor). A new one has its
/// node ports at once. Of a deleted one VPP takes the features off, the catalog forgets them, and a new interface with the
/// same index starts clean.
/// </summary>
internal static unsafe class InterfaceEvents
{
    private static ServiceCatalog? _catalog;

    /// <summary>Starts listening.</summary>
    public static void Listen(ServiceCatalog catalog)
    {
        _catalog = catalog;
        _vnet_interface_function_list_elt_t* element =
            (_vnet_interface_function_list_elt_t*)NativeMemory.AllocZeroed((nuint)sizeof(_vnet_interface_function_list_elt_t));
        element->fp = &OnAddOrDelete;
        vnet_main_t* vnet = Vnet.vnet_get_main();
        element->next_interface_function = vnet->sw_interface_add_del_functions.low;
        vnet->sw_interface_add_del_functions.low = element;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static clib_error_t* OnAddOrDelete(vnet_main_t* vnet, uint interfaceIndex, uint isAdd)
    {
        try
        {
            if (isAdd == 0) _catalog!.ForgetInterface(interfaceIndex);
            else NodePortFeature.OnAdded(interfaceIndex);
        }
        catch (Exception error)
        {
            string what = isAdd == 0 ? "was deleted and could not be forgotten" : "has no node ports";
            Log.Error($"interface {interfaceIndex} {what}: {error.Message}");
        }

        return null;
    }
}
