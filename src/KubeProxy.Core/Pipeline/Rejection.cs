namespace KubeProxy.Core.Pipeline;

/// <summary>
/// What becomes of a packet that nobody serves (<see cref="Outcome.UnknownPort"/>, <see cref="Outcome.NoPod"/>), or that this host
/// answers (<see cref="Outcome.EchoRequest"/>). Each has one counter beside that of the reason.
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

    /// <summary>Answered by "packet too big" or "fragmentation needed" (RFC 7915 sections 4 and 5).</summary>
    PacketTooBig,

    /// <summary>Dropped: this worker has sent as many answers as it may.</summary>
    OverLimit,

    /// <summary>Dropped: an answer is forbidden, or could not be right.</summary>
    NotAnswerable,
}
