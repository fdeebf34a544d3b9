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

    /// <summary>Makes the class another one.</summary>
    static abstract void SetClass(TSelf* flow, uint flowClass);

    /// <summary>Copies a flow and gives it another class, in writes as wide as what reads it: a wider read of fresh stores would have to wait for them.</summary>
    static abstract void CopyWithClass(TSelf* flow, uint flowClass, TSelf* copy);

    /// <summary>A key of the flow's client and one service, whatever the ports: source address and service index.</summary>
    static abstract TSelf ClientOf(TSelf* flow, uint serviceIndex);

    /// <summary>The destination port in wire order.</summary>
    static abstract ushort DestinationPort(TSelf* flow);

    /// <summary>The source port in wire order.</summary>
    static abstract ushort SourcePort(TSelf* flow);

    /// <summary>The source address, as many bytes as the family has.</summary>
    static abstract byte* SourceOf(TSelf* flow);

    /// <summary>The destination address, as many bytes as the family has.</summary>
    static abstract byte* DestinationOf(TSelf* flow);

    /// <summary>True when the source is this address, of which as many bytes count as the family has.</summary>
    static abstract bool IsFrom(TSelf* flow, byte* address);

    /// <summary>True when two flows are one.</summary>
    static abstract bool AreSame(TSelf* left, TSelf* right);

    /// <summary>The flow with another source.</summary>
    static abstract TSelf WithSource(TSelf* flow, byte* address, ushort portWire);

    /// <summary>The flow in the other direction.</summary>
    static abstract TSelf Reversed(TSelf* flow);
}
