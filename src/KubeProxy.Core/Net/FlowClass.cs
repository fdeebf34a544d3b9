namespace KubeProxy.Core.Net;

/// <summary>
/// Protocol of a flow as sessions distinguish it: 3 bits. TCP has the third bit to itself, so that a session's kind
/// (see <c>SessionKind</c>) can hold a TCP state in the two bits below it.
/// </summary>
public static class FlowClass
{
    /// <summary>UDP.</summary>
    public const uint Udp = 1;

    /// <summary>SCTP.</summary>
    public const uint Sctp = 2;

    /// <summary>A protocol without ports; the port field holds the protocol number.</summary>
    public const uint Other = 3;

    /// <summary>TCP.</summary>
    public const uint Tcp = 4;
}
