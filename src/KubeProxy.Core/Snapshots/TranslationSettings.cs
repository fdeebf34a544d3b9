using System.Runtime.InteropServices;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Snapshots;

/// <summary>
/// What workers know of translation between the families. Written by the control thread: counts before a VIP's route is there and after it is
/// gone, the prefix only while no VIP is of <c>nat46</c>, the last byte at any time.
/// <code>
///   0               24            28            32                           33      40
///   | prefix (24)   | nat46 VIPs  | nat64 VIPs  | 1: no checksum is refused  | zero  |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
public struct TranslationSettings
{
    /// <summary>Bytes of it.</summary>
    public const int SizeBytes = 40;

    /// <summary>How pods over IPv6 see clients over IPv4.</summary>
    [FieldOffset(0)]
    public Prefix64 Prefix;

    /// <summary>VIPs over IPv4 whose pods are reached over IPv6: answers of IPv6 may have to leave over IPv4.</summary>
    [FieldOffset(24)]
    public uint Nat46Count;

    /// <summary>VIPs over IPv6 whose pods are reached over IPv4: answers of IPv4 may belong to sessions of IPv6.</summary>
    [FieldOffset(28)]
    public uint Nat64Count;

    /// <summary>Both counts in one word.</summary>
    [FieldOffset(24)]
    public ulong Counts;

    /// <summary>1 when a whole UDP datagram without a checksum is refused instead of getting one (RFC 7915 section 4.5).</summary>
    [FieldOffset(32)]
    public byte RejectsNoUdpChecksum;
}
