using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Host.Border;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>vlib/node.h as the plugin imports it.</summary>
internal static unsafe class NodeExports
{
    [UnmanagedCallersOnly(EntryPoint = "vlib_register_node", CallConvs = [typeof(CallConvCdecl)])]
    internal static uint RegisterNode(vlib_main_t* vm, vlib_node_registration_t* registration, byte* fmt, byte* argument)
    {
        try
        {
            string name = FormatExports.ExpandText(fmt, argument);
            GraphNode? node = Graph.RegisterPlugin(name, registration);
            if (node is not null)
                return node.Index;
            HostLog.Error($"a node named \"{name}\" exists already");
        }
        catch (InvalidOperationException e)
        {
            HostLog.Error(e.Message);
        }
        return Graph.InvalidIndex;
    }

    [UnmanagedCallersOnly(EntryPoint = "vlib_get_node_by_name", CallConvs = [typeof(CallConvCdecl)])]
    internal static vlib_node_t* GetNodeByName(vlib_main_t* vm, byte* name)
    {
        GraphNode? node = Graph.Find(Graph.Text(name));
        return node is null ? null : node.Node;
    }

    [UnmanagedCallersOnly(EntryPoint = "vlib_node_add_next_with_slot", CallConvs = [typeof(CallConvCdecl)])]
    internal static nuint AddNextWithSlot(vlib_main_t* vm, nuint node, nuint next, nuint slot) =>
        Graph.AddNext(Graph.Get((uint)node), (uint)next, (uint)slot);
}
