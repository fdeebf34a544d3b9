namespace KubeProxy.Core.Pipeline;

/// <summary>What refusing a packet needs to know of an IP family.</summary>
public unsafe interface IRejectFamily
{
    /// <summary>Bytes of an answer's IP header.</summary>
    static abstract uint HeaderBytes { get; }

    /// <summary>Most bytes of an ICMP error, IP header included.</summary>
    static abstract uint MaxErrorBytes { get; }

    /// <summary>Protocol number of the family's ICMP.</summary>
    static abstract byte IcmpProtocol { get; }

    /// <summary>Type and code of "port unreachable", as they lie in memory.</summary>
    static abstract ushort PortUnreachableWire { get; }

    /// <summary>Type and code of "time exceeded in transit", as they lie in memory.</summary>
    static abstract ushort TimeExceededWire { get; }

    /// <summary>Type and code of "communication administratively prohibited", as they lie in a packet.</summary>
    static abstract ushort ProhibitedWire { get; }

    /// <summary>Type and code of "source route failed", as they lie in memory.</summary>
    static abstract ushort SourceRouteFailedWire { get; }

    /// <summary>Type and code of "fragmentation needed" or "packet too big", as they lie in memory.</summary>
    static abstract ushort TooBigWire { get; }

    /// <summary>Type and code of an echo reply, as they lie in memory.</summary>
    static abstract ushort EchoReplyWire { get; }

    /// <summary>Whether the ICMP checksum includes a pseudo header.</summary>
    static abstract bool IcmpHasPseudoHeader { get; }

    /// <summary>Whether a UDP checksum of 0 means "none".</summary>
    static abstract bool AllowsNoUdpChecksum { get; }

    /// <summary>Finds the transport part by the IP header; false when there is none that an answer could be about.</summary>
    static abstract bool TryRead(RejectPacket* packet, RejectSegment* segment);

    /// <summary>Whether both addresses stand for one host each, and not for the same.</summary>
    static abstract bool HasAnswerableAddresses(byte* packet);

    /// <summary>
    /// Whether a router may send an error about the packet, as far as its headers tell, and how long it is: not about an ICMP error, and not about a
    /// later fragment over IPv4.
    /// </summary>
    static abstract bool MayBeQuoted(RejectPacket* packet, uint* lengthBytes);

    /// <summary>Makes an address the source of an answer whose header is written; a checksum of it follows.</summary>
    static abstract void SetSource(byte* answer, byte* address);

    /// <summary>Sum of both addresses, for a pseudo header in either direction.</summary>
    static abstract ulong AddressSum(byte* packet);

    /// <summary>
    /// Writes the IP header of an answer, from the refused packet's destination to its source. The two may overlap.
    /// </summary>
    /// <param name="answer">Where the header goes.</param>
    /// <param name="packet">The refused packet's IP header.</param>
    /// <param name="protocol">Of what follows.</param>
    /// <param name="bodyBytes">Length of what follows.</param>
    /// <param name="identification">Number of an answer that routers may fragment (IPv4); 0: they may not.</param>
    static abstract void WriteHeader(byte* answer, byte* packet, byte protocol, uint bodyBytes, ushort identification);

    /// <summary>Makes an IP header without options that of an answer: source and destination change places, all hops are still to go.</summary>
    static abstract void TurnRound(byte* packet);
}
