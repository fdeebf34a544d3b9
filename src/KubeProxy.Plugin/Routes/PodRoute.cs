using System.Runtime.InteropServices;
using KubeProxy.Interop;

namespace KubeProxy.Plugin.Routes;

/// <summary>One followed pod slot in VPP's FIB graph: a child of the pod's FIB entry. The node comes first, as VPP's pools have it.</summary>
[StructLayout(LayoutKind.Sequential, Size = SizeBytes)]
internal struct PodRoute
{
    /// <summary>Bytes of one.</summary>
    public const int SizeBytes = 40;

    /// <summary>Linkage into the FIB graph.</summary>
    public fib_node_t Node;

    /// <summary>The pod's FIB entry.</summary>
    public uint Entry;

    /// <summary>Place among the entry's children.</summary>
    public uint Sibling;

    /// <summary>What the slot's packets go to; holds a reference.</summary>
    public dpo_id_t Target;

    /// <summary>The user's number of the pod's table.</summary>
    public uint Table;

    /// <summary>1 while followed.</summary>
    public byte IsFollowed;

    /// <summary>1 for IPv6.</summary>
    public byte IsIp6;
}
