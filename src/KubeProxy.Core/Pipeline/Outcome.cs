namespace KubeProxy.Core.Pipeline;

/// <summary>
/// What became of a packet. 0 is "translated"; every other value is a reason not to, with one counter each, in the forward
/// direction, and means "not ours, pass on untouched" in the return direction. Forward, a packet with another reason than
/// <see cref="NoPod"/>, <see cref="UnknownPort"/> and <see cref="NoSourcePort"/> is dropped; those are refused (<see cref="Rejection"/>).
/// </summary>
public enum Outcome : byte
{
    /// <summary>Translated: goes to its target.</summary>
    Translated = 0,

    /// <summary>The service has no pod.</summary>
    NoPod,

    /// <summary>The VIP has no service on this port.</summary>
    UnknownPort,

    /// <summary>A protocol that is not translated.</summary>
    ProtocolNotSupported,

    /// <summary>ICMP is not translated.</summary>
    IcmpNotSupported,

    /// <summary>
    /// A fragment, the first one included. One of TCP or UDP is not at its end yet where the host can find out its ports: it comes back
    /// by <see cref="FragmentPath{TFamily, TSession, TFlow}"/>.
    /// </summary>
    Fragment,

    /// <summary>The L4 header is not there, or the IP header is no header.</summary>
    Truncated,

    /// <summary>IPv6 with extension headers.</summary>
    ExtensionHeader,

    /// <summary>UDP over IPv6 without a checksum (RFC 8200 section 8.1).</summary>
    ZeroUdpChecksum,

    /// <summary>The VIP was removed while the packet was on its way.</summary>
    NoVip,

    /// <summary>Every pod's answer would be taken for another session's: same client port, same pod and port, other VIP.</summary>
    ReturnClash,

    /// <summary>The source is to be masqueraded, and the worker has no port towards the pod, or no room for the session.</summary>
    NoSourcePort,

    /// <summary>Came to the forward nodes as often as a packet may: its way leads in a circle. Found by the host, not by parsing.</summary>
    Loop,
}

/// <summary>How the packet's pod was found.</summary>
public enum SessionUse : byte
{
    /// <summary>No pod was looked for.</summary>
    None = 0,

    /// <summary>By a remembered session.</summary>
    Existing,

    /// <summary>Chosen and remembered.</summary>
    First,

    /// <summary>Chosen and not remembered: the table is full.</summary>
    Untracked,
}
