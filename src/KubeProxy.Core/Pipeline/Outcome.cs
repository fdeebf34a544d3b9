namespace KubeProxy.Core.Pipeline;

/// <summary>
/// What became of a packet. 0 is "translated"; every other value is a reason not to, with one counter each, in the forward
/// direction, and means "not ours, pass on untouched" in the return direction. Forward, a packet with another reason than
/// <see cref="NoPod"/>, <see cref="UnknownPort"/>, <see cref="NoSourcePort"/>, <see cref="EchoRequest"/>, <see cref="NoHopLeft"/>,
/// <see cref="TooLong"/>, <see cref="HiddenHeader"/>, <see cref="OpenRoute"/> and <see cref="NoUdpChecksum"/> is dropped; those are refused, or answered (<see cref="Rejection"/>).
/// </summary>
public enum Outcome : byte
{
    /// <summary>Translated: goes to its target.</summary>
    Translated = 0,

    /// <summary>The service has no pod.</summary>
    NoPod,

    /// <summary>The VIP has no service on this port.</summary>
    UnknownPort,

    /// <summary>A protocol that no service of the VIP is for.</summary>
    ProtocolNotSupported,

    /// <summary>ICMP that is neither an error to be translated, nor an echo request to be answered or for a service of every protocol.</summary>
    IcmpNotSupported,

    /// <summary>
    /// A fragment, the first one included. One of TCP or UDP is not at its end yet where the host can find out its ports: it comes back
    /// by <see cref="FragmentPath{TFamily, TSession, TFlow}"/>.
    /// </summary>
    Fragment,

    /// <summary>The L4 header is not there, or the IP header is no header.</summary>
    Truncated,

    /// <summary>IPv6 with extension headers that are not passed over, or with another protocol than TCP and UDP behind them.</summary>
    ExtensionHeader,

    /// <summary>UDP over IPv6 without a checksum (RFC 8200 section 8.1).</summary>
    ZeroUdpChecksum,

    /// <summary>The VIP was removed while the packet was on its way.</summary>
    NoVip,

    /// <summary>Every pod's answer would be taken for another session's: same client port, same pod and port, other VIP.</summary>
    ReturnClash,

    /// <summary>The source is to be masqueraded, and the worker has no port towards the pod, or no room for the session, or the protocol no ports.</summary>
    NoSourcePort,

    /// <summary>An ICMP error about a packet that belongs to no session.</summary>
    IcmpNoSession,

    /// <summary>An ICMP error that quotes too little, a later fragment, another error, or a protocol that is not translated.</summary>
    IcmpQuote,

    /// <summary>An ICMP error whose checksum, or that of the quoted IPv4 header, is wrong (RFC 5508 REQ-3).</summary>
    IcmpDamaged,

    /// <summary>An echo request to a VIP whose services have a pod: this host answers it.</summary>
    EchoRequest,

    /// <summary>An echo request to a VIP whose services have no pod.</summary>
    EchoNoPod,

    /// <summary>Has no hop left to take: this host tells the client.</summary>
    NoHopLeft,

    /// <summary>Longer than the way to its pod takes, and not to be fragmented: this host tells the client.</summary>
    TooLong,

    /// <summary>A source that cannot be another host's, on a packet that would open a session: multicast, loopback, the destination itself ...</summary>
    BadSource,

    /// <summary>Its header has no counterpart in the other family (RFC 7915), and its pod is of that family.</summary>
    NotTranslatable,

    /// <summary>
    /// An IPv4 packet for a pod over IPv6 that is too long for every IPv6 link and may be fragmented: the host does that, and it comes
    /// back in pieces (RFC 7915 section 4).
    /// </summary>
    ToBeFragmented,

    /// <summary>An extension header behind a fragment header, on a packet whose pod is of the other family: this host tells the client (RFC 7915 section 5.1.1).</summary>
    HiddenHeader,

    /// <summary>An IPv4 packet with a source route that is not at its end, whose pod is of the other family: this host tells the client (RFC 7915 section 4.1).</summary>
    OpenRoute,

    /// <summary>
    /// A whole UDP datagram over IPv4 without a checksum, whose pod is of the other family, while such are to be refused: this host tells the
    /// client (RFC 7915 section 4.5).
    /// </summary>
    NoUdpChecksum,

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

    /// <summary>By the session of the packet that an ICMP error quotes; the session has not changed.</summary>
    Quoted,

    /// <summary>By a session in the other family's tables: the packet goes on in another batch.</summary>
    OtherFamily,
}
