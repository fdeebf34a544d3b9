using System.Runtime.InteropServices;

namespace KubeProxy.Core.Net;

/// <summary>IPv4 header without options (RFC 791 section 3.1); multi-byte fields as they lie in the packet.</summary>
[StructLayout(LayoutKind.Explicit, Size = MinimumBytes)]
public struct Ip4Header
{
    /// <summary>Length without options.</summary>
    public const int MinimumBytes = 20;

    /// <summary>"More fragments" and the fragment offset, in wire order; zero in every unfragmented packet.</summary>
    public const ushort FragmentMaskWire = 0xFF3F;

    /// <summary>The fragment offset alone, in wire order. In host order it counts eights of bytes.</summary>
    public const ushort OffsetMaskWire = 0xFF1F;

    /// <summary>"Don't fragment", in wire order.</summary>
    public const ushort DontFragmentWire = 0x0040;

    [FieldOffset(0)]
    public byte VersionAndLength;

    [FieldOffset(2)]
    public ushort TotalLengthWire;

    [FieldOffset(4)]
    public ushort IdentificationWire;

    [FieldOffset(6)]
    public ushort FragmentWire;

    [FieldOffset(8)]
    public byte TimeToLive;

    [FieldOffset(9)]
    public byte Protocol;

    [FieldOffset(10)]
    public ushort Checksum;

    [FieldOffset(12)]
    public uint Source;

    [FieldOffset(16)]
    public uint Destination;

    /// <summary>Bytes of the header, options included.</summary>
    public readonly uint LengthBytes => (VersionAndLength & 0x0Fu) * 4;
}
