namespace KubeProxy.Interop;

/// <summary>What a graph node is made from (vlib/node.h).</summary>
public partial struct vlib_node_registration_t
{
    /// <summary>Offset of <c>next_nodes[]</c>, the names of the next nodes, which C# has no zero-length member for.</summary>
    public const int next_nodes_offset = 128;
}
