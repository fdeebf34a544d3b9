using System.Runtime.InteropServices;

namespace KubeProxy.Core.Net;

/// <summary>IPv6 header (RFC 8200 section 3); multi-byte fields as they lie in the packet.</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
public struct Ip6Header
{
    /// <summary>Length of the fixed header.</summary>
    public const int SizeBytes = 40;

    [FieldOffset(0)]
    public uint VersionClassFlow;

    [FieldOffset(4)]
    public ushort PayloadLengthWire;

    [FieldOffset(6)]
    public byte NextHeader;

    [FieldOffset(7)]
    public byte HopLimit;

    [FieldOffset(8)]
    public ulong SourceFirst;

    [FieldOffset(16)]
    public ulong SourceSecond;

    [FieldOffset(24)]
    public ulong DestinationFirst;

    [FieldOffset(32)]
    public ulong DestinationSecond;
}
