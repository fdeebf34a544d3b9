using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KubeProxy.Core.Translation;

/// <summary>
/// A packet in its memory, whose header is to become one of the other family. What lies behind the IP header stays where it is; the
/// start moves.
/// <code>
///   ┌ headroom ──────┬ available ──────────────────┐┌ (chained) ┐
///   │                │ IPv4 (20) │ TCP, UDP ...    ││ ...       │
///   │ headroom ┬ available ────────────────────────┐│           │
///   │          │ IPv6 (40)       │ TCP, UDP ...    ││ ...       │
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = SizeBytes)]
public unsafe struct TranslatablePacket
{
    /// <summary>Bytes of one.</summary>
    public const int SizeBytes = 24;

    /// <summary>The IP header.</summary>
    public byte* Start;

    /// <summary>Bytes that lie in one piece from <see cref="Start"/> on.</summary>
    public uint AvailableBytes;

    /// <summary>Bytes in front of <see cref="Start"/> that may be written.</summary>
    public uint HeadroomBytes;

    /// <summary>The packet goes on in another piece of memory.</summary>
    public bool IsChained;

    /// <summary>The device is to fill the transport checksum in: a UDP checksum of 0 is not "none".</summary>
    public bool IsChecksumUnfinished;

    /// <summary>The device is to cut the packet into segments: its length says nothing of theirs.</summary>
    public bool IsSegmented;

    /// <summary>True when the packet may start at an address: it is in the headroom or behind.</summary>
    public readonly bool HasRoom(byte* start) => start >= Start - HeadroomBytes;

    /// <summary>The packet starts somewhere else from now on; <see cref="HasRoom"/> has said that it may.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MoveTo(byte* start)
    {
        long forward = start - Start;
        AvailableBytes = (uint)(AvailableBytes - forward);
        HeadroomBytes = (uint)(HeadroomBytes + forward);
        Start = start;
    }
}
