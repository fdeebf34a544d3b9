namespace KubeProxy.Plugin.Routes;

/// <summary>One thing that a pod's forwarding leads to. Equal ends of many pods are one.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">A neighbour's address as a number, a VIP's slot, or the index of a load-balance.</param>
/// <param name="Table">The pod's table; 0 of a VIP, which is one whatever table the pod is in.</param>
internal readonly record struct PathEnd(PathEndKind Kind, UInt128 Value, uint Table);

/// <summary>Kinds of <see cref="PathEnd"/>.</summary>
internal enum PathEndKind
{
    /// <summary>Nobody: dropped, delivered here, or a link without neighbours.</summary>
    None,

    /// <summary>A neighbour by its IPv4 address.</summary>
    Neighbour4,

    /// <summary>A neighbour by its IPv6 address.</summary>
    Neighbour6,

    /// <summary>A VIP.</summary>
    Vip,

    /// <summary>The forwarding of another route, which changes without a word to those who go by it: it has to be read anew.</summary>
    Route,
}
