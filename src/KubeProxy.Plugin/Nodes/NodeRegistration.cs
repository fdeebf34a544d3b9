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

/// <summary>Registers the graph nodes that packets pass.</summary>
internal static unsafe class NodeRegistration
{
    private const string Drop = "error-drop";
    private const string Forward4 = "kp4-nat4";
    private const string Forward6 = "kp6-nat6";

    /// <summary>The drop, slot 0 of the forward nodes.</summary>
    public const ushort NextDrop = 0;

    /// <summary>The look-up of the family, slot 1 of the forward nodes: where answers to refused packets go.</summary>
    public const ushort NextLookup = 1;

    /// <summary>The forward node of the family, slot 1 of the node port nodes.</summary>
    public const ushort NextForward = 1;

    /// <summary>Registers the nodes and their fixed next.</summary>
    public static void RegisterAll(vlib_main_t* vm)
    {
        NodeIndex.Forward4 = Register(vm, Forward4, &ForwardNode.Run4, &ForwardNode.FormatTrace4, DropCounters.All);
        NodeIndex.Forward6 = Register(vm, Forward6, &ForwardNode.Run6, &ForwardNode.FormatTrace6, DropCounters.All);
        AddNext(vm, NodeIndex.Forward4, Drop, NextDrop);
        AddNext(vm, NodeIndex.Forward6, Drop, NextDrop);
        AddNext(vm, NodeIndex.Forward4, "ip4-lookup", NextLookup);
        AddNext(vm, NodeIndex.Forward6, "ip6-lookup", NextLookup);
        AddNext(vm, Register(vm, FeatureRegistration.Return4, &ReturnNode.Run4, &ReturnNode.FormatTrace4, DropCounters.None), Drop, NextDrop);
        AddNext(vm, Register(vm, FeatureRegistration.Return6, &ReturnNode.Run6, &ReturnNode.FormatTrace6, DropCounters.None), Drop, NextDrop);
        uint nodePort4 = Register(vm, FeatureRegistration.NodePort4, &NodePortNode.Run4, &NodePortNode.FormatTrace4, DropCounters.None);
        uint nodePort6 = Register(vm, FeatureRegistration.NodePort6, &NodePortNode.Run6, &NodePortNode.FormatTrace6, DropCounters.None);
        AddNext(vm, nodePort4, Drop, NextDrop);
        AddNext(vm, nodePort6, Drop, NextDrop);
        AddNext(vm, nodePort4, Forward4, NextForward);
        AddNext(vm, nodePort6, Forward6, NextForward);
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

    private static void AddNext(vlib_main_t* vm, uint nodeIndex, string next, ushort slot)
    {
        fixed (byte* name = NativeText.Terminated(next))
        {
            vlib_node_t* node = Vlib.vlib_get_node_by_name(vm, name);
            if (node == null) throw new InvalidOperationException($"no node {next}");
            nuint given = Vlib.vlib_node_add_next_with_slot(vm, nodeIndex, node->index, slot);
            if (given != slot) throw new InvalidOperationException($"{next} became next {given} instead of {slot}");
        }
    }
}
