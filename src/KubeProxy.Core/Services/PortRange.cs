namespace KubeProxy.Core.Services;

/// <summary>Ports from <paramref name="First"/> to <paramref name="Last"/>, both included, in host order.</summary>
/// <param name="First">The lowest.</param>
/// <param name="Last">The highest.</param>
public readonly record struct PortRange(ushort First, ushort Last)
{
    /// <summary>Node ports: Kubernetes' default.</summary>
    public static PortRange DefaultNodePorts { get; } = new(30000, 32767);

    /// <summary>Source ports of masqueraded sessions: above the range of node ports.</summary>
    public static PortRange DefaultMasquerade { get; } = new(32768, 65535);

    /// <summary>Number of ports.</summary>
    public uint Count => (uint)(Last - First) + 1;

    /// <summary>True for a port of the range.</summary>
    public bool Contains(ushort port) => port >= First && port <= Last;

    /// <inheritdoc/>
    public override string ToString() => $"{First}-{Last}";
}
