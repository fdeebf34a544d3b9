using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vnet;

/// <summary>vnet_main's pool of software interfaces, which the plugin reads to see whether a number is in use.</summary>
internal static unsafe class SwInterfacePool
{
    internal static void Add(vnet_main_t* main, uint swIfIndex)
    {
        vnet_sw_interface_t* pool = Vec.Validate(main->interface_main.sw_interfaces, swIfIndex + 1);
        main->interface_main.sw_interfaces = pool;
        pool[swIfIndex].sw_if_index = swIfIndex;
        pool[swIfIndex].sup_sw_if_index = swIfIndex;
        pool[swIfIndex].hw_if_index = swIfIndex;
    }

    internal static void SetUp(vnet_main_t* main, uint swIfIndex, bool isUp)
    {
        ref vnet_sw_interface_flags_t flags = ref main->interface_main.sw_interfaces[swIfIndex].flags;
        const vnet_sw_interface_flags_t up = vnet_sw_interface_flags_t.VNET_SW_INTERFACE_FLAG_ADMIN_UP;
        flags = isUp ? flags | up : flags & ~up;
    }
}
