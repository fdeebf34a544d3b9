using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Pipeline;

/// <summary>What the one pipeline body needs to know of an IP family.</summary>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
public unsafe interface IIpFamily<TFlow, TSession>
    where TFlow : unmanaged, IFlow<TFlow>
    where TSession : unmanaged, ISession<TSession, TFlow>
{
    /// <summary>
    /// Reads the five-tuple of a packet that can be translated; otherwise says why not. This is the one place that
    /// proves bounds: afterwards the IP header and the L4 header up to its checksum may be read and written.
    /// </summary>
    static abstract Outcome Parse(byte* packet, uint available, TFlow* flow);

    /// <summary>Start of the L4 header of a parsed packet.</summary>
    static abstract byte* L4(byte* packet);

    /// <summary>IP length of a parsed packet in bytes, headers included.</summary>
    static abstract uint LengthBytes(byte* packet);

    /// <summary>
    /// Whether a parsed packet to one of the node's own addresses may be sent on to another host: its destination is one host,
    /// and neither address is of this link only.
    /// </summary>
    static abstract bool MayLeaveLink(byte* packet);

    /// <summary>Makes the pod the destination; every checksum follows.</summary>
    static abstract void RewriteDestination(byte* packet, PodRecord* pod);

    /// <summary>Makes what the client addressed the source of a pod's answer; every checksum follows.</summary>
    static abstract void RewriteSource(byte* packet, TSession* session);

    /// <summary>Makes a flow's source the packet's: address and port; every checksum follows.</summary>
    static abstract void SetSource(byte* packet, TFlow* flow);

    /// <summary>Makes a flow's source the packet's destination: address and port; every checksum follows.</summary>
    static abstract void SetDestinationToSource(byte* packet, TFlow* flow);

    /// <summary>
    /// Reads what a fragment of a TCP segment or a UDP datagram says of itself; false for every other packet. Afterwards its IP
    /// headers may be read and written, and as much of its part of the datagram as <see cref="Fragment.LengthBytes"/> says.
    /// </summary>
    static abstract bool TryReadFragment(byte* packet, uint available, Fragment* fragment);

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
