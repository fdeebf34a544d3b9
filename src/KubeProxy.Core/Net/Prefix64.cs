using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KubeProxy.Core.Net;

/// <summary>
/// An IPv6 prefix with room for an IPv4 address (RFC 6052 section 2.2). Bits 64 to 71, the byte <c>u</c>, are zero and hold none of it:
/// <code>
///   byte  0       4        8        12       16
///   /32   | prefix  | v4     |u| suffix        |
///   /40   | prefix    | v4   |u|4| suffix      |
///   /48   | prefix      | v4 |u|v4| suffix     |
///   /56   | prefix        |v4|u| v4 | suffix   |
///   /64   | prefix         |u|v4     | suffix  |
///   /96   | prefix                   | v4      |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
public unsafe struct Prefix64
{
    /// <summary>Bytes of one in native memory.</summary>
    public const int SizeBytes = 24;

    private const uint ReservedByte = 8;
    private const uint AddressBytes = 4;
    private const ulong MappedSecondWire = 0xFFFF_0000;

    [FieldOffset(0)]
    private fixed byte _bytes[16];

    [FieldOffset(0)]
    private ulong _first;

    [FieldOffset(8)]
    private ulong _second;

    [FieldOffset(16)]
    private uint _lengthBytes;

    /// <summary>::ffff:0:0/96, the IPv4-mapped addresses (RFC 4291 section 2.5.5.2): how IPv4 addresses stand in IPv6's tables.</summary>
    public static Prefix64 Mapped => new() { _second = MappedSecondWire, _lengthBytes = 12 };

    /// <summary>64:ff9b::/96, the well-known prefix (RFC 6052 section 2.1).</summary>
    public static Prefix64 WellKnown => new() { _first = 0x9BFF_6400, _lengthBytes = 12 };

    /// <summary>True for the lengths that RFC 6052 section 2.2 allows.</summary>
    public static bool IsLength(int bits) => bits is 32 or 40 or 48 or 56 or 64 or 96;

    /// <summary>A prefix from an address and a length that <see cref="IsLength"/>; the bits behind it are zero.</summary>
    public static Prefix64 Of(byte* address, int lengthBits) =>
        new() { _first = ((ulong*)address)[0], _second = ((ulong*)address)[1], _lengthBytes = (uint)lengthBits / 8 };

    /// <summary>True for an IPv4-mapped address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsMapped(ulong first, ulong second) => first == 0 && (uint)second == (uint)MappedSecondWire;

    /// <summary>The IPv6 address of an IPv4 address, both as they lie in memory.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="address">The IPv4 address.</param>
    /// <param name="to">Receives the 16 bytes.</param>
    public static void Embed(Prefix64* prefix, uint address, byte* to)
    {
        ((ulong*)to)[0] = prefix->_first;
        ((ulong*)to)[1] = prefix->_second;
        byte* bytes = (byte*)&address;
        for (uint i = 0; i < AddressBytes; i++) to[prefix->Place(i)] = bytes[i];
    }

    /// <summary>The IPv4 address in an IPv6 address of the prefix; false for every other one. The suffix says nothing.</summary>
    public static bool TryExtract(Prefix64* prefix, byte* from, out uint address)
    {
        address = 0;
        if (!Holds(prefix, from)) return false;
        uint extracted = 0;
        for (uint i = 0; i < AddressBytes; i++) ((byte*)&extracted)[i] = from[prefix->Place(i)];
        address = extracted;
        return true;
    }

    /// <summary>True when an address is in the prefix.</summary>
    public static bool Holds(Prefix64* prefix, byte* address)
    {
        for (uint i = 0; i < prefix->_lengthBytes; i++)
            if (address[i] != prefix->_bytes[i]) return false;
        return prefix->_lengthBytes > ReservedByte || address[ReservedByte] == 0;
    }

    /// <summary>Where byte number <paramref name="i"/> of an IPv4 address lies.</summary>
    private readonly uint Place(uint i) => _lengthBytes <= ReservedByte && _lengthBytes + i >= ReservedByte ? _lengthBytes + i + 1 : _lengthBytes + i;
}
