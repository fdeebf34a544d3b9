using System.Runtime.InteropServices;

namespace KubeProxy.Core.Net;

/// <summary>IPv6 fragment header (RFC 8200 section 4.5); multi-byte fields as they lie in the packet.</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
public struct Ip6FragmentHeader
{
    /// <summary>Length of the header.</summary>
    public const int SizeBytes = 8;

    /// <summary>The offset without the flags below it, in wire order. In host order it counts bytes.</summary>
    public const ushort OffsetMaskWire = 0xF8FF;

    [FieldOffset(0)]
    public byte NextHeader;

    [FieldOffset(2)]
    public ushort OffsetWire;

    [FieldOffset(4)]
    public uint IdentificationWire;
}
