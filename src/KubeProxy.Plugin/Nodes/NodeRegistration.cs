using System.Runtime.InteropServices;
using KubeProxy.Core.Pipeline;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;

namespace KubeProxy.Plugin.Nodes;

/// <summary>Indices of the graph nodes, known after registration.</summary>
internal static class NodeIndex
{
    public static uint Forward4;
    public static uint Forward6;
}

/// <summary>Registers the four graph nodes.</summary>
internal static unsafe class NodeRegistration
{
    /// <summary>The drop, slot 0 of the forward nodes.</summary>
    public const ushort NextDrop = 0;

    /// <summary>Registers the nodes and their fixed next.</summary>
    public static void RegisterAll(vlib_main_t* vm)
    {
        NodeIndex.Forward4 = Register(vm, "kp4-nat4", &ForwardNode.Run4, &ForwardNode.FormatTrace4, DropCounters.All);
        NodeIndex.Forward6 = Register(vm, "kp6-nat6", &ForwardNode.Run6, &ForwardNode.FormatTrace6, DropCounters.All);
        AddDrop(vm, NodeIndex.Forward4);
        AddDrop(vm, NodeIndex.Forward6);
        AddDrop(vm, Register(vm, FeatureRegistration.Return4, &ReturnNode.Run4, &ReturnNode.FormatTrace4, DropCounters.None));
        AddDrop(vm, Register(vm, FeatureRegistration.Return6, &ReturnNode.Run6, &ReturnNode.FormatTrace6, DropCounters.None));
    }

    private static uint Register(
        vlib_main_t* vm,
        string name,
        delegate* unmanaged[Cdecl]<vlib_main_t*, vlib_node_runtime_t*, vlib_frame_t*, nuint> run,
        delegate* unmanaged[Cdecl]<byte*, VaList*, byte*> formatTrace,
        ReadOnlySpan<DropCounters.Description> counters)
    {
        vlib_node_registration_t* node = (vlib_node_registration_t*)NativeMemory.AllocZeroed((nuint)sizeof(vlib_node_registration_t) + 64);
        node->function = run;
        node->name = NativeText.Forever(name);
        node->type = vlib_node_type_t.VLIB_NODE_TYPE_INTERNAL;
        node->vector_size = sizeof(uint);
        node->format_trace = formatTrace;
        node->n_errors = (ushort)counters.Length;
        node->error_counters = DropCounters.Native(counters);
        fixed (byte* format = "%s"u8) return Vlib.vlib_register_node(vm, node, format, node->name);
    }

    private static void AddDrop(vlib_main_t* vm, uint nodeIndex)
    {
        fixed (byte* name = "error-drop"u8)
        {
            vlib_node_t* drop = Vlib.vlib_get_node_by_name(vm, name);
            _ = Vlib.vlib_node_add_next_with_slot(vm, nodeIndex, drop->index, NextDrop);
        }
    }
}
