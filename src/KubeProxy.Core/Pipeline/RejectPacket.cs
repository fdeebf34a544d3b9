namespace KubeProxy.Core.Pipeline;

/// <summary>
/// A packet to be refused, as it arrived.
/// <code>
///   ┌ headroom ┬ available ───────────────┐┌ (chained) ┐
///   │          │ IP header │ TCP, UDP ... ││ ...       │
///              └ Start
/// </code>
/// </summary>
public unsafe struct RejectPacket
{
    /// <summary>The IP header.</summary>
    public byte* Start;

    /// <summary>Bytes that lie in one piece from <see cref="Start"/> on.</summary>
    public uint AvailableBytes;

    /// <summary>Bytes in front of <see cref="Start"/> that an answer may use.</summary>
    public uint HeadroomBytes;

    /// <summary>The packet goes on in another piece of memory.</summary>
    public bool IsChained;

    /// <summary>The device has checked the transport checksum, or was to fill it in: the bytes say nothing.</summary>
    public bool IsChecksumSettled;

    /// <summary>The packet came as a broadcast or multicast of the link.</summary>
    public bool IsLinkBroadcast;

    /// <summary>The packet came over IPv4 from 240/4, which its IPv6 header does not show.</summary>
    public bool IsFromReserved;

    /// <summary>Nothing may be said about the packet, whatever it holds.</summary>
    public readonly bool IsUnanswerable => IsLinkBroadcast || IsFromReserved;
}

/// <summary>What a <see cref="RejectPacket"/> became; an answer lies where the packet did, headroom included.</summary>
public readonly struct RejectAnswer(Rejection rejection, int offsetBytes, uint lengthBytes)
{
    /// <summary>What became of the packet; never <see cref="Pipeline.Rejection.None"/>.</summary>
    public readonly Rejection Rejection = rejection;

    /// <summary>Start of the answer from <see cref="RejectPacket.Start"/> on: 0, or negative into the headroom.</summary>
    public readonly int OffsetBytes = offsetBytes;

    /// <summary>Length of the answer; 0 when there is none.</summary>
    public readonly uint LengthBytes = lengthBytes;

    /// <summary>True when an answer is to be sent.</summary>
    public bool IsAnswered => LengthBytes != 0;

    /// <summary>No answer.</summary>
    public static RejectAnswer Dropped(Rejection rejection) => new(rejection, 0, 0);
}

/// <summary>The transport part of a <see cref="RejectPacket"/>.</summary>
public struct RejectSegment
{
    /// <summary>IANA number.</summary>
    public byte Protocol;

    /// <summary>Where the TCP or UDP header starts, from the IP header on.</summary>
    public uint OffsetBytes;

    /// <summary>Bytes of header and data, as the IP header has it.</summary>
    public uint LengthBytes;
}
