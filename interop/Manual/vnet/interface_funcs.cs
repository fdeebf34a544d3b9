using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vnet
{
    /// <summary><c>vnet_main_t *vnet_get_main (void)</c>.</summary>
    /// <returns>The network stack's main structure.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern vnet_main_t* vnet_get_main();

    /// <summary>A software interface, if there is one of this index.</summary>
    /// <param name="vnm">The network stack's main structure.</param>
    /// <param name="sw_if_index">Interface.</param>
    /// <returns>The interface, or null.</returns>
    public static vnet_sw_interface_t* vnet_get_sw_interface_or_null(vnet_main_t* vnm, uint sw_if_index)
    {
        // if (!pool_is_free_index (vnm->interface_main.sw_interfaces, sw_if_index))
        //   return pool_elt_at_index (vnm->interface_main.sw_interfaces, sw_if_index);
        // return (NULL);
        vnet_sw_interface_t* pool = vnm->interface_main.sw_interfaces;
        return Clib.pool_is_free_index(pool, sw_if_index) ? null : pool + sw_if_index;
    }

    /// <summary><c>uword unformat_vnet_sw_interface (unformat_input_t *input, va_list *args)</c>: reads an interface's name.</summary>
    /// <param name="input">Input.</param>
    /// <param name="args">Two arguments, the <c>vnet_main_t *</c> and the <c>u32 *</c> that receives sw_if_index: see <see cref="VaList.Over"/>.</param>
    /// <returns>Not 0 when there is such an interface; otherwise the input may have moved.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern nuint unformat_vnet_sw_interface(unformat_input_t* input, VaList* args);

    /// <summary><c>u8 *format_vnet_sw_if_index_name (u8 *s, va_list *args)</c>: writes an interface's name.</summary>
    /// <param name="s">Vector to append to, or null.</param>
    /// <param name="args">Two arguments, the <c>vnet_main_t *</c> and the <c>u32</c> sw_if_index: see <see cref="VaList.Over"/>.</param>
    /// <returns>The vector, which may have moved.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern byte* format_vnet_sw_if_index_name(byte* s, VaList* args);
}
