using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vnet;

/// <summary>vnet's main structure and the names of interfaces, as the plugin imports them.</summary>
internal static unsafe class VnetExports
{
    internal static readonly vnet_main_t* Main = (vnet_main_t*)NativeMemory.AllocZeroed((nuint)sizeof(vnet_main_t));

    [UnmanagedCallersOnly(EntryPoint = "vnet_get_main", CallConvs = [typeof(CallConvCdecl)])]
    internal static vnet_main_t* GetMain() => Main;

    [UnmanagedCallersOnly(EntryPoint = "ip4_sas_by_sw_if_index", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte SourceBySwIfIndex4(uint swIfIndex, byte* destination, byte* source) => SourceFor(false, swIfIndex, destination, source);

    [UnmanagedCallersOnly(EntryPoint = "ip6_sas_by_sw_if_index", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte SourceBySwIfIndex6(uint swIfIndex, byte* destination, byte* source) => SourceFor(true, swIfIndex, destination, source);

    /// <summary>An address of the interface to send from: one of the destination's subnet if there is any.</summary>
    private static byte SourceFor(bool isIp6, uint swIfIndex, byte* destination, byte* source)
    {
        IpAddr to = IpAddr.FromWire(isIp6, destination);
        IpPrefix? best = null;
        foreach (IpPrefix own in Interfaces.Get(swIfIndex).Addresses)
            if (own.IsIp6 == isIp6 && (best is null || own.Covers(to))) best = own;
        best?.Address.WriteWire(new Span<byte>(source, to.Bytes));
        return best is null ? (byte)0 : (byte)1;
    }

    /// <summary>Reads an interface name: <c>va_list</c> of vnet_main_t * and of the u32 * that gets the number.</summary>
    [UnmanagedCallersOnly(EntryPoint = "unformat_vnet_sw_interface", CallConvs = [typeof(CallConvCdecl)])]
    internal static nuint UnformatSwInterface(unformat_input_t* input, VaList* arguments)
    {
        arguments->NextPointer();
        uint* result = (uint*)arguments->NextPointer();
        nuint start = Unformat.SkipWhiteSpace(input);
        nuint end = Unformat.EndOfWord(input, start);
        string name = Encoding.UTF8.GetString(input->buffer + start, (int)(end - start));
        if (Interfaces.Find(name) is not { } itf)
            return 0;
        *result = itf.SwIfIndex;
        Unformat.MoveTo(input, end);
        return 1;
    }

    /// <summary>Writes an interface's name: <c>va_list</c> of vnet_main_t * and of the u32 number.</summary>
    [UnmanagedCallersOnly(EntryPoint = "format_vnet_sw_if_index_name", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* FormatSwIfIndexName(byte* s, VaList* arguments)
    {
        arguments->NextPointer();
        uint index = arguments->NextU32();
        return Vec.Append(s, Encoding.UTF8.GetBytes(Interfaces.Exists(index) ? Interfaces.Get(index).Name : "DELETED"));
    }
}
