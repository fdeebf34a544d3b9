namespace KubeProxy.Core.Net;

/// <summary>
/// Protocol of a flow as sessions distinguish it: 3 bits, of which only TCP has the third. A session's kind (see
/// <c>SessionKind</c>) says the class and, for TCP, the state of the connection.
/// </summary>
public static class FlowClass
{
    /// <summary>UDP.</summary>
    public const uint Udp = 1;

    /// <summary>SCTP.</summary>
    public const uint Sctp = 2;

    /// <summary>A protocol without ports, told apart by addresses; both port fields hold the protocol number, in wire order.</summary>
    public const uint Other = 3;

    /// <summary>TCP.</summary>
    public const uint Tcp = 1u << TcpShift;

    /// <summary>The bit that only <see cref="Tcp"/> has.</summary>
    public const int TcpShift = 2;
}
