using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>Shows what a host's node wrote into a packet's trace.</summary>
internal delegate string TraceFormatter(ReadOnlySpan<byte> data);

/// <summary>What the host knows about one graph node besides VPP's own structures.</summary>
internal sealed unsafe class GraphNode(string name, uint index, vlib_node_t* node, vlib_node_runtime_t* runtime)
{
    internal string Name { get; } = name;

    internal uint Index { get; } = index;

    internal vlib_node_t* Node { get; } = node;

    internal vlib_node_runtime_t* Runtime { get; } = runtime;

    /// <summary>The host's own nodes are C#; the plugin's are called through <c>Runtime->function</c>.</summary>
    internal delegate*<vlib_node_runtime_t*, vlib_frame_t*, void> Managed { get; set; }

    internal TraceFormatter? FormatTrace { get; init; }

    /// <summary>Next nodes by name that did not exist yet when the node was registered, by slot.</summary>
    internal Dictionary<uint, string> UnresolvedNext { get; } = [];

    /// <summary>Nodes that have the same next nodes in the same slots, this one included; null when there is no other.</summary>
    internal List<GraphNode>? Siblings { get; set; }

    /// <summary>The frame that is being filled for this node and waits for dispatch.</summary>
    internal vlib_frame_t* OpenFrame { get; set; }

    internal ulong Calls { get; set; }

    internal ulong Vectors { get; set; }
}
