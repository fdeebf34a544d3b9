using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>Two list heads, indexed by <see cref="vnet_interface_function_priority_t"/> (an array in VPP).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct vnet_interface_function_lists
{
    /// <summary>Called first.</summary>
    public _vnet_interface_function_list_elt_t* low;

    /// <summary>Called last.</summary>
    public _vnet_interface_function_list_elt_t* high;
}
