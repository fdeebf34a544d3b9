using System.Buffers.Binary;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Pipeline;

/// <summary>
/// Writes an ICMP error in front of the packet that it is about, and cuts the packet to what may be quoted:
/// <code>
///   headroom │ IP │ ICMP │ the packet, as it came ... │ cut off
/// </code>
/// </summary>
/// <typeparam name="TFamily">IP family.</typeparam>
public static unsafe class IcmpError<TFamily>
    where TFamily : struct, IRejectFamily
{
    private const uint RestOffset = 4;

    /// <summary>Headroom that an error needs.</summary>
    public static uint RoomBytes => TFamily.HeaderBytes + IcmpMessage.HeaderBytes;

    /// <summary>Writes the error; there is room for it.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="lengthBytes">The packet's IP length: a trailer of the link is not quoted.</param>
    /// <param name="typeAndCodeWire">Type and code as they lie in memory.</param>
    /// <param name="rest">What follows the checksum: 0, or an MTU.</param>
    /// <param name="source">Address that the error comes from, or null: the one that the packet was sent to.</param>
    /// <param name="number">Of the answer.</param>
    /// <param name="rejection">What to count the answer as.</param>
    public static RejectAnswer Write(
        RejectPacket* packet, uint lengthBytes, ushort typeAndCodeWire, uint rest, byte* source, ulong number, Rejection rejection)
    {
        uint inFront = RoomBytes;
        uint quotedBytes = Math.Min(Math.Min(packet->AvailableBytes, lengthBytes), TFamily.MaxErrorBytes - inFront);
        byte* answer = packet->Start - inFront;
        byte* icmp = packet->Start - IcmpMessage.HeaderBytes;
        *(ulong*)icmp = typeAndCodeWire;
        *(uint*)(icmp + RestOffset) = BinaryPrimitives.ReverseEndianness(rest);

        // Numbers below 2^16 but 0, which stands for an answer that needs none.
        ushort identification = BinaryPrimitives.ReverseEndianness((ushort)((number % ushort.MaxValue) + 1));
        TFamily.WriteHeader(answer, packet->Start, TFamily.IcmpProtocol, IcmpMessage.HeaderBytes + quotedBytes, identification);
        if (source != null) TFamily.SetSource(answer, source);
        ulong sum = InternetChecksum.Sum(icmp, IcmpMessage.HeaderBytes + quotedBytes);
        if (TFamily.IcmpHasPseudoHeader) sum += PseudoSum(answer, TFamily.IcmpProtocol, IcmpMessage.HeaderBytes + quotedBytes);
        *(ushort*)(icmp + IcmpMessage.ChecksumOffset) = (ushort)~InternetChecksum.Fold(sum);
        return new RejectAnswer(rejection, -(int)inFront, inFront + quotedBytes);
    }

    /// <summary>Sum over the pseudo header of what an IP header carries.</summary>
    public static ulong PseudoSum(byte* packet, byte protocol, uint lengthBytes) =>
        TFamily.AddressSum(packet)
        + BinaryPrimitives.ReverseEndianness((ushort)protocol)
        + BinaryPrimitives.ReverseEndianness((ushort)lengthBytes);
}
