namespace KubeProxy.Core.Services;

/// <summary>The ports that may be node ports.</summary>
/// <param name="First">The lowest, from 1 on.</param>
/// <param name="Last">The highest; not below the first.</param>
public readonly record struct NodePortRange(ushort First, ushort Last)
{
    /// <summary>Kubernetes' default.</summary>
    public static NodePortRange Default { get; } = new(30000, 32767);

    /// <summary>True for a port of the range.</summary>
    public bool Contains(ushort port) => port >= First && port <= Last;

    /// <inheritdoc/>
    public override string ToString() => $"{First}-{Last}";
}
