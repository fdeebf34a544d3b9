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

    /// <summary>A key of the flow's client and one service, whatever the ports: source address and service index.</summary>
    static abstract TSelf ClientOf(TSelf* flow, uint serviceIndex);

    /// <summary>The destination port in wire order.</summary>
    static abstract ushort DestinationPort(TSelf* flow);
}
