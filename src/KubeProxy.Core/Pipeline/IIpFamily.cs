using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>What the one pipeline body needs to know of an IP family.</summary>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
public unsafe interface IIpFamily<TFlow, TSession> : IIcmpFamily<TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
{
    /// <summary>
    /// Reads the five-tuple of a packet that can be translated; false for every other packet. This is the one place that
    /// proves bounds: afterwards the IP header and the L4 header up to its checksum may be read and written. Without a call in
    /// it, for the loops over whole batches.
    /// </summary>
    static abstract bool TryParse(byte* packet, uint available, TFlow* flow);

    /// <summary>
    /// <see cref="TryParse"/> and the hash, for the loops over whole batches: takes only whole packets without options that have a hop left to take, and false is
    /// the answer for every other packet, of which <see cref="TryParse"/> takes some.
    /// </summary>
    /// <param name="packet">The packet.</param>
    /// <param name="available">Bytes that lie in one piece from the IP header on.</param>
    /// <param name="stamps">Stamps of fresh sessions by flow class.</param>
    /// <param name="key">Key of the session hash.</param>
    /// <param name="wanted">The five-tuple, with stamp and control flags in the place of the class: see <see cref="PacketBatch.Flows"/>.</param>
    /// <param name="hash">Hash of the five-tuple with its class.</param>
    /// <param name="lengthBytes">IP length.</param>
    static abstract bool TryParsePlain(
        byte* packet, uint available, uint* stamps, FlowHash* key, TFlow* wanted, out ulong hash, out uint lengthBytes);

    /// <summary>Why <see cref="TryParse"/> answers false for a packet.</summary>
    static abstract Outcome Explain(byte* packet, uint available);

    /// <summary>Start of the L4 header of a parsed packet.</summary>
    static abstract byte* L4(byte* packet);

    /// <summary>IP length of a parsed packet in bytes, headers included.</summary>
    static abstract uint LengthBytes(byte* packet);

    /// <summary>Hops that a parsed packet may still take.</summary>
    static abstract byte HopsLeft(byte* packet);

    /// <summary>Whether a router on a parsed packet's way may fragment it.</summary>
    static abstract bool MayBeFragmented(byte* packet);

    /// <summary>Whether the host has compared the IP length with the bytes that there are.</summary>
    static abstract bool IsLengthVerified { get; }

    /// <summary>
    /// Whether a parsed packet to one of the node's own addresses may be sent on to another host: its destination is one host,
    /// and neither address is of this link only.
    /// </summary>
    static abstract bool MayLeaveLink(byte* packet);

    /// <summary>Whether a parsed packet comes from an address that one host on another link can have, and not from where it goes (LAND).</summary>
    static abstract bool IsFromOneHost(byte* packet);

    /// <summary>Makes the pod the destination; every checksum follows.</summary>
    static abstract void RewriteDestination(byte* packet, PodRecord* pod);

    /// <summary>
    /// <see cref="RewriteDestination"/> of a packet that <see cref="TryParsePlain"/> has taken, if it changes as all of its service do; false, and nothing is
    /// done, for those that change otherwise.
    /// </summary>
    static abstract bool TryRewritePlainDestination(byte* packet, PodRecord* pod);

    /// <summary><see cref="RewriteSource"/> of a packet that <see cref="TryParsePlain"/> has taken, as <see cref="TryRewritePlainDestination"/>.</summary>
    static abstract bool TryRewritePlainSource(byte* packet, TSession* session, PodRecord* pod);

    /// <summary>Whether the packet's source is the pod.</summary>
    static abstract bool IsFrom(byte* packet, PodRecord* pod);

    /// <summary>Makes what the client addressed the source of a pod's answer; every checksum follows.</summary>
    static abstract void RewriteSource(byte* packet, TSession* session);

    /// <summary>Makes a flow's source the packet's: address and port; every checksum follows.</summary>
    static abstract void SetSource(byte* packet, TFlow* flow);

    /// <summary>Makes a flow's source the packet's destination: address and port; every checksum follows.</summary>
    static abstract void SetDestinationToSource(byte* packet, TFlow* flow);

    /// <summary>Protocol number of the family's ICMP; the other family's is a protocol like any other.</summary>
    static abstract byte IcmpProtocol { get; }

    /// <summary>
    /// <see cref="TryParse"/> for a packet of which <see cref="Explain"/> says that its protocol, or ICMP, is not supported, or that it is a fragment: reads
    /// the five-tuple of SCTP and of protocols without ports, of the latter's fragments too. Afterwards the IP header may be read and written, and what <see cref="OtherHeader"/> names behind it.
    /// </summary>
    /// <param name="packet">The packet.</param>
    /// <param name="available">Bytes that lie in one piece from its IP header on.</param>
    /// <param name="isAnswer">True for a packet of a pod. Clients send echo requests, and pods echo replies; other ICMP is not taken.</param>
    /// <param name="flow">The five-tuple.</param>
    static abstract Outcome ParseOther(byte* packet, uint available, bool isAnswer, TFlow* flow);

    /// <summary>Protocol number of a parsed packet.</summary>
    static abstract byte Protocol(byte* packet);

    /// <summary>
    /// Offset of the checksum that a pseudo header with the addresses is part of, in the L4 header of a protocol that is neither TCP nor
    /// UDP; <see cref="OtherHeader.NoChecksum"/> when there is none.
    /// </summary>
    static abstract int ChecksumOffset(byte protocol);

    /// <summary>Makes an address the source; a checksum of the IP header follows. Answers what has changed in a sum over the addresses, below 2^18.</summary>
    static abstract uint SetSourceAddress(byte* packet, byte* address);

    /// <summary>Makes an address the destination; otherwise as <see cref="SetSourceAddress"/>.</summary>
    static abstract uint SetDestinationAddress(byte* packet, byte* address);

    /// <summary>
    /// Reads what a fragment of a TCP segment or a UDP datagram says of itself; false for every other packet. Afterwards its IP
    /// headers may be read and written, and as much of its part of the datagram as <see cref="Fragment.LengthBytes"/> says.
    /// </summary>
    static abstract bool TryReadFragment(byte* packet, uint available, Fragment* fragment);

    /// <summary>
    /// Reads a whole packet whose TCP or UDP header lies behind extension headers, as a fragment that is the whole datagram; false for every
    /// other packet.
    /// </summary>
    static abstract bool TryReadExtended(byte* packet, uint available, Fragment* whole);

    /// <summary>Whether a UDP checksum of 0 means "none".</summary>
    static abstract bool AllowsNoUdpChecksum { get; }

    /// <summary>The five-tuple of a datagram whose ports are known, by one of its fragments.</summary>
    static abstract TFlow FlowOf(byte* packet, uint portsWire, uint flowClass);

    /// <summary>Gives a fragment new ends: the addresses, and in the first one the ports and the datagram's checksum.</summary>
    static abstract void RewriteFragment(byte* packet, Fragment* fragment, TFlow* ends);

    /// <summary>The family's node ports.</summary>
    static abstract NodePortTable* NodePorts(DataPath* shared);

    /// <summary>The worker's session table of the family.</summary>
    static abstract SessionTable<TSession, TFlow>* Sessions(Worker* worker);
}
