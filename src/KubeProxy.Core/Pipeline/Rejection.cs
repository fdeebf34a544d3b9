namespace KubeProxy.Core.Pipeline;

/// <summary>
/// What becomes of a packet that nobody serves (<see cref="Outcome.UnknownPort"/>, <see cref="Outcome.NoPod"/>), that this host
/// answers (<see cref="Outcome.EchoRequest"/>), or that cannot go on (<see cref="Outcome.NoHopLeft"/>, <see cref="Outcome.TooLong"/>, <see cref="Outcome.HiddenHeader"/>,
/// <see cref="Outcome.OpenRoute"/>, <see cref="Outcome.NoUdpChecksum"/>). Each has one counter beside that of the reason.
/// </summary>
public enum Rejection : byte
{
    /// <summary>The packet is none to be refused.</summary>
    None = 0,

    /// <summary>Answered by a TCP reset (RFC 9293 section 3.10.7.1).</summary>
    Reset,

    /// <summary>Answered by "port unreachable" (RFC 1122 section 3.2.2.1, RFC 4443 section 3.1).</summary>
    PortUnreachable,

    /// <summary>Answered by an echo reply (RFC 1122 section 3.2.2.6, RFC 4443 section 4.2).</summary>
    EchoReply,

    /// <summary>Answered by "time exceeded" (RFC 1812 section 5.3.1, RFC 4443 section 3.3).</summary>
    TimeExceeded,

    /// <summary>Answered by "fragmentation needed" (RFC 1191 section 4) or "packet too big" (RFC 4443 section 3.2).</summary>
    TooBig,

    /// <summary>Answered by "communication administratively prohibited" (RFC 1812 section 5.2.7.1, RFC 4443 section 3.1).</summary>
    Prohibited,

    /// <summary>Answered by "source route failed" (RFC 792, RFC 7915 section 4.1).</summary>
    SourceRouteFailed,

    /// <summary>Dropped: this worker has sent as many answers as it may.</summary>
    OverLimit,

    /// <summary>Dropped: an answer is forbidden, or could not be right.</summary>
    NotAnswerable,
}
