using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vnet
{
    /// <summary><c>bool ip4_sas_by_sw_if_index (u32 sw_if_index, const ip4_address_t *dst, ip4_address_t *src)</c>.</summary>
    /// <param name="sw_if_index">Interface.</param>
    /// <param name="dst">Whom the source is for.</param>
    /// <param name="src">Receives the interface's address that is nearest to it.</param>
    /// <returns>0 when the interface has no address.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern byte ip4_sas_by_sw_if_index(uint sw_if_index, byte* dst, byte* src);

    /// <summary><c>bool ip6_sas_by_sw_if_index (u32 sw_if_index, const ip6_address_t *dst, ip6_address_t *src)</c>.</summary>
    /// <param name="sw_if_index">Interface.</param>
    /// <param name="dst">Whom the source is for.</param>
    /// <param name="src">Receives the interface's address that is nearest to it; towards the link, its link-local address.</param>
    /// <returns>0 when the interface has no address.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern byte ip6_sas_by_sw_if_index(uint sw_if_index, byte* dst, byte* src);
}
