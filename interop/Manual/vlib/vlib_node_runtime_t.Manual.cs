using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>One thread's runtime data of a graph node (vlib/node.h). Two cache lines in C, hence the size.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public unsafe partial struct vlib_node_runtime_t
{
    /// <summary>Offset of <c>runtime_data[]</c>, the node's own bytes, which C# has no zero-length member for.</summary>
    public const int runtime_data_offset = 72;
}
