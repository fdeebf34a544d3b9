namespace KubeProxy.Core.Net;

/// <summary>A five-tuple of one IP family.</summary>
/// <typeparam name="TSelf">The five-tuple.</typeparam>
public unsafe interface IFlow<TSelf>
    where TSelf : unmanaged, IFlow<TSelf>
{
    /// <summary>Hash of a flow under a key.</summary>
    static abstract ulong Hash(TSelf* flow, FlowHash* key);

    /// <summary>One of <see cref="FlowClass"/>.</summary>
    static abstract uint ClassOf(TSelf* flow);

    /// <summary>The destination port in wire order.</summary>
    static abstract ushort DestinationPort(TSelf* flow);
}
