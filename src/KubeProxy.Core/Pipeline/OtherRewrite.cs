using KubeProxy.Core.Net;
using KubeProxy.Core.Sessions;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Puts one end of a packet that is neither TCP nor UDP in place of another: its address, the port of SCTP, and the checksums that
/// these are part of.
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
/// <typeparam name="TSession">Session entry of the family.</typeparam>
/// <typeparam name="TFlow">Five-tuple of the family.</typeparam>
public static unsafe class OtherRewrite<TFamily, TSession, TFlow>
    where TFamily : struct, IIpFamily<TFlow, TSession>
    where TSession : unmanaged, ISession<TSession, TFlow>
    where TFlow : unmanaged, IFlow<TFlow>
{
    /// <summary>Makes this the packet's source. The port counts for SCTP only.</summary>
    public static void SetSource(byte* packet, byte* address, ushort portWire)
    {
        uint change = TFamily.SetSourceAddress(packet, address);
        Follow(packet, change, SctpHeader.SourcePortOffset, portWire);
    }

    /// <summary>Makes this the packet's destination. The port counts for SCTP only.</summary>
    public static void SetDestination(byte* packet, byte* address, ushort portWire)
    {
        uint change = TFamily.SetDestinationAddress(packet, address);
        Follow(packet, change, SctpHeader.DestinationPortOffset, portWire);
    }

    private static void Follow(byte* packet, uint change, int portOffset, ushort portWire)
    {
        byte* l4 = TFamily.L4(packet);
        byte protocol = TFamily.Protocol(packet);
        if (protocol == IpProtocol.Sctp)
        {
            SctpHeader.SetPort(l4, portOffset, portWire, TFamily.LengthBytes(packet) - (uint)(l4 - packet));
            return;
        }

        int offset = TFamily.ChecksumOffset(protocol);
        if (offset != OtherHeader.NoChecksum) OtherHeader.UpdateChecksum(l4, offset, protocol, change);
    }
}
