namespace KubeProxy.Core.Services;

/// <summary>What becomes of a whole UDP datagram over IPv4 without a checksum that is for a pod over IPv6 (RFC 7915 section 4.5).</summary>
public enum NoChecksum
{
    /// <summary>It gets one.</summary>
    Compute = 0,

    /// <summary>Its client is told that it is prohibited.</summary>
    Reject,
}
