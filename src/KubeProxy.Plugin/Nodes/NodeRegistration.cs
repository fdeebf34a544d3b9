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

    /// <summary>Virtual reassembly of the family, slot 2 of the forward nodes where the host has it.</summary>
    public const ushort NextReassembly = 2;

    /// <summary>Virtual reassembly of the family, slot 1 of the return nodes where the host has it.</summary>
    public const ushort NextReturnReassembly = 1;

    /// <summary>The look-up of the other family, slot 3 of the forward nodes: where answers go of nodes whose pods are of another family.</summary>
    public const ushort NextOtherLookup = 3;

    /// <summary>Virtual reassembly of IPv6, slot 4 of kp4-nat4 and its siblings where the host has it.</summary>
    public const ushort NextOtherReassembly = 4;

    /// <summary>Fragmentation of IPv4 packets, slot 4 of kp6-nat6 and its siblings where the host has it.</summary>
    public const ushort NextFragmentation = 4;

    /// <summary>The look-up of the other family, slot 2 of the return nodes.</summary>
    public const ushort NextReturnLookup = 2;

    /// <summary>Fragmentation of IPv6 packets, slot 3 of the IPv4 return node where the host has it.</summary>
    public const ushort NextReturnFragmentation = 3;

    /// <summary>Registers the nodes and their fixed next.</summary>
    public static void RegisterAll(vlib_main_t* vm)
    {
        NodeIndex.Forward4 = Register(vm, Forward4, &ForwardNode.Run4, &ForwardNode.FormatTrace4, DropCounters.All);
        NodeIndex.Forward6 = Register(vm, Forward6, &ForwardNode.Run6, &ForwardNode.FormatTrace6, DropCounters.All);
        AddNext(vm, NodeIndex.Forward4, Drop, NextDrop);
        AddNext(vm, NodeIndex.Forward6, Drop, NextDrop);
        AddNext(vm, NodeIndex.Forward4, "ip4-lookup", NextLookup);
        AddNext(vm, NodeIndex.Forward6, "ip6-lookup", NextLookup);
        uint return4 = Register(vm, FeatureRegistration.Return4, &ReturnNode.Run4, &ReturnNode.FormatTrace4, DropCounters.None);
        uint return6 = Register(vm, FeatureRegistration.Return6, &ReturnNode.Run6, &ReturnNode.FormatTrace6, DropCounters.None);
        AddNext(vm, return4, Drop, NextDrop);
        AddNext(vm, return6, Drop, NextDrop);
        RegisterNodePorts(vm);
        bool hasReassembly = HasNode(vm, Reassembly.Node4) && HasNode(vm, Reassembly.Node6);
        if (hasReassembly) RegisterFragments(vm, return4, return6);
        RegisterTranslation(vm, return4, return6, hasReassembly);
        if (hasReassembly) Reassembly.RegisterArcs();
    }

    /// <summary>The nodes between the families: siblings of the forward nodes of their pods' families, whose targets are theirs too.</summary>
    private static void RegisterTranslation(vlib_main_t* vm, uint return4, uint return6, bool hasReassembly)
    {
        AddNext(vm, NodeIndex.Forward4, "ip6-lookup", NextOtherLookup);
        AddNext(vm, NodeIndex.Forward6, "ip4-lookup", NextOtherLookup);
        AddNext(vm, return4, "ip6-lookup", NextReturnLookup);
        AddNext(vm, return6, "ip4-lookup", NextReturnLookup);
        TranslationNode.HasFragmentation = HasNode(vm, TranslationNode.Fragmentation4) && HasNode(vm, TranslationNode.Fragmentation6);
        if (hasReassembly) AddNext(vm, NodeIndex.Forward4, Reassembly.Node6, NextOtherReassembly);
        if (TranslationNode.HasFragmentation)
        {
            AddNext(vm, NodeIndex.Forward6, TranslationNode.Fragmentation4, NextFragmentation);
            AddNext(vm, return4, TranslationNode.Fragmentation6, NextReturnFragmentation);
        }

        _ = Register(vm, TranslationNode.Nat46, &TranslationNode.Run46, &TranslationNode.FormatTrace46, DropCounters.All, Forward6);
        _ = Register(vm, TranslationNode.Nat64, &TranslationNode.Run64, &TranslationNode.FormatTrace64, DropCounters.All, Forward4);
        if (hasReassembly)
            _ = Register(vm, Reassembly.Nat64, &TranslationNode.RunFragment64, &TranslationNode.FormatFragment64, DropCounters.All, Forward4);
    }

    private static void RegisterNodePorts(vlib_main_t* vm)
    {
        uint nodePort4 = Register(vm, FeatureRegistration.NodePort4, &NodePortNode.Run4, &NodePortNode.FormatTrace4, DropCounters.None);
        uint nodePort6 = Register(vm, FeatureRegistration.NodePort6, &NodePortNode.Run6, &NodePortNode.FormatTrace6, DropCounters.None);
        AddNext(vm, nodePort4, Drop, NextDrop);
        AddNext(vm, nodePort6, Drop, NextDrop);
        AddNext(vm, nodePort4, Forward4, NextForward);
        AddNext(vm, nodePort6, Forward6, NextForward);
    }

    /// <summary>The nodes of fragments, each the sibling of another: what is a next of one becomes a next of both.</summary>
    private static void RegisterFragments(vlib_main_t* vm, uint return4, uint return6)
    {
        AddNext(vm, NodeIndex.Forward4, Reassembly.Node4, NextReassembly);
        AddNext(vm, NodeIndex.Forward6, Reassembly.Node6, NextReassembly);
        AddNext(vm, return4, Reassembly.Node4, NextReturnReassembly);
        AddNext(vm, return6, Reassembly.Node6, NextReturnReassembly);
        _ = Register(vm, Reassembly.Forward4, &FragmentNode.Forward4, &FragmentNode.FormatForward4, DropCounters.All, Forward4);
        _ = Register(vm, Reassembly.Forward6, &FragmentNode.Forward6, &FragmentNode.FormatForward6, DropCounters.All, Forward6);
        _ = Register(vm, Reassembly.Return4, &FragmentNode.Return4, &FragmentNode.FormatReturn4, DropCounters.None, FeatureRegistration.Return4);
        _ = Register(vm, Reassembly.Return6, &FragmentNode.Return6, &FragmentNode.FormatReturn6, DropCounters.None, FeatureRegistration.Return6);
    }

    private static uint Register(
        vlib_main_t* vm,
        string name,
        delegate* unmanaged[Cdecl]<vlib_main_t*, vlib_node_runtime_t*, vlib_frame_t*, nuint> run,
        delegate* unmanaged[Cdecl]<byte*, VaList*, byte*> formatTrace,
        ReadOnlySpan<DropCounters.Description> counters,
        string? sibling = null)
    {
        vlib_node_registration_t* node = (vlib_node_registration_t*)NativeMemory.AllocZeroed((nuint)sizeof(vlib_node_registration_t) + 64);
        node->function = run;
        node->name = NativeText.Forever(name);
        node->type = vlib_node_type_t.VLIB_NODE_TYPE_INTERNAL;
        node->vector_size = sizeof(uint);
        node->format_trace = formatTrace;
        node->n_errors = (ushort)counters.Length;
        node->error_counters = DropCounters.Native(counters);
        if (sibling != null) node->sibling_of = NativeText.Forever(sibling);
        fixed (byte* format = "%s"u8) return Vlib.vlib_register_node(vm, node, format, node->name);
    }

    private static bool HasNode(vlib_main_t* vm, string name)
    {
        fixed (byte* text = NativeText.Terminated(name)) return Vlib.vlib_get_node_by_name(vm, text) != null;
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
