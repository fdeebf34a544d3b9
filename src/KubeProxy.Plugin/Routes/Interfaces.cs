using System.Net.Sockets;
using System.Text;
using KubeProxy.Core.Services;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Nodes;

namespace KubeProxy.Plugin.Routes;

/// <summary>VPP's interfaces by name, and the return feature on them.</summary>
internal static unsafe class Interfaces
{
    /// <summary>Index of an interface; an unknown name is a <see cref="CommandException"/>.</summary>
    public static uint Find(string name)
    {
        uint index = uint.MaxValue;
        ulong* arguments = stackalloc ulong[2] { (ulong)Vnet.vnet_get_main(), (ulong)&index };
        VaList list = VaList.Over(arguments);
        unformat_input_t input;
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        fixed (byte* text = bytes) Clib.unformat_init_string(&input, text, bytes.Length);
        bool isFound = Vnet.unformat_vnet_sw_interface(&input, &list) != 0;

        // The index passes the end (UNFORMAT_END_OF_INPUT) when the whole text was read.
        bool isWhole = input.index >= Clib.vec_len(input.buffer);
        Clib.unformat_free(&input);
        return isFound && isWhole ? index : throw new CommandException($"no interface \"{name}\"");
    }

    /// <summary>Name of an interface, or null when there is none of this index.</summary>
    public static string? Name(uint index)
    {
        vnet_main_t* vnet = Vnet.vnet_get_main();
        if (Vnet.vnet_get_sw_interface_or_null(vnet, index) == null) return null;
        ulong* arguments = stackalloc ulong[2] { (ulong)vnet, index };
        VaList list = VaList.Over(arguments);
        byte* name = Vnet.format_vnet_sw_if_index_name(null, &list);
        string text = Encoding.UTF8.GetString(name, (int)Clib.vec_len(name));
        Clib.vec_free_not_inline(name);
        return text;
    }

    /// <summary>Switches the return feature of a family on or off.</summary>
    public static void SetReturnFeature(uint index, AddressFamily family, bool enable)
    {
        bool isIp6 = family == AddressFamily.InterNetworkV6;
        using WorkerBarrier barrier = WorkerBarrier.Hold();
        int error = SetFeature(
            isIp6 ? FeatureRegistration.Arc6 : FeatureRegistration.Arc4,
            isIp6 ? FeatureRegistration.Return6 : FeatureRegistration.Return4,
            index,
            enable);
        if (error != 0) throw new CommandException($"VPP refused the feature on interface {index}: error {error}");
    }

    /// <summary>Puts a node on an interface's arc or takes it off, with the workers held; answers 0 or VPP's error.</summary>
    public static int SetFeature(string arc, string node, uint index, bool enable)
    {
        fixed (byte* arcName = NativeText.Terminated(arc), nodeName = NativeText.Terminated(node))
            return Vnet.vnet_feature_enable_disable(arcName, nodeName, index, enable ? 1 : 0, null, 0);
    }
}
