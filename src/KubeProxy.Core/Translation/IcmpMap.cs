using KubeProxy.Core.Net;

namespace KubeProxy.Core.Translation;

/// <summary>Type and code of an ICMP error in both families, and the number that stands in its header (RFC 7915 sections 4.2 and 5.2).</summary>
/// <param name="type">ICMP type.</param>
/// <param name="code">ICMP code.</param>
/// <param name="rest">The second word of the header in host order: an MTU, a pointer, or 0.</param>
public readonly struct IcmpKind(byte type, byte code, uint rest = 0)
{
    /// <summary>Stands for a message that has no counterpart.</summary>
    public static IcmpKind None => default;

    /// <summary>ICMP type.</summary>
    public readonly byte Type = type;

    /// <summary>ICMP code.</summary>
    public readonly byte Code = code;

    /// <summary>The second word of the header in host order.</summary>
    public readonly uint Rest = rest;

    /// <summary>True when there is a counterpart: no error has type 0.</summary>
    public bool IsSome => Type != 0;
}

/// <summary>The counterparts of ICMP errors.</summary>
public static class IcmpMap
{
    /// <summary>Difference of the two families' header lengths.</summary>
    public const uint HeaderGrowthBytes = 20;

    /// <summary>Least MTU of an IPv6 link (RFC 8200 section 5).</summary>
    public const uint LeastMtu6 = 1280;

    private const byte NoField = byte.MaxValue;
    private const int PointerShift = 24;

    /// <summary>The ICMPv6 counterpart of an ICMP error.</summary>
    /// <param name="type">ICMP type.</param>
    /// <param name="code">ICMP code.</param>
    /// <param name="rest">The second word of its header in host order.</param>
    /// <param name="quotedBytes">Total length of the quoted packet: what routers without path MTU discovery leave as the only hint.</param>
    public static IcmpKind ToIp6(byte type, byte code, uint rest, uint quotedBytes) => type switch
    {
        3 => UnreachableToIp6(code, rest, quotedBytes),
        11 => new IcmpKind(3, code),
        12 when code is 0 or 2 => WithPointer(4, 0, Pointer6(rest >> PointerShift)),
        _ => IcmpKind.None,
    };

    /// <summary>The ICMP counterpart of an ICMPv6 error.</summary>
    /// <param name="type">ICMPv6 type.</param>
    /// <param name="code">ICMPv6 code.</param>
    /// <param name="rest">The second word of its header in host order.</param>
    public static IcmpKind ToIp4(byte type, byte code, uint rest) => (type, code) switch
    {
        (1, 0 or 2 or 3) => new IcmpKind(3, 1),
        (1, 1) => new IcmpKind(3, 10),
        (1, 4) => new IcmpKind(3, 3),
        (2, _) => new IcmpKind(3, 4, Math.Min(Math.Max(rest, HeaderGrowthBytes) - HeaderGrowthBytes, ushort.MaxValue)),
        (3, _) => new IcmpKind(11, code),
        (4, 0) => WithPointer4(Pointer4(rest)),
        (4, 1) => new IcmpKind(3, 2),
        _ => IcmpKind.None,
    };

    private static IcmpKind UnreachableToIp6(byte code, uint rest, uint quotedBytes) => code switch
    {
        0 or 1 or 5 or 6 or 7 or 8 or 11 or 12 => new IcmpKind(1, 0),
        2 => new IcmpKind(4, 1, 6),
        3 => new IcmpKind(1, 4),
        4 => new IcmpKind(2, 0, Mtu6((ushort)rest, quotedBytes)),
        9 or 10 or 13 or 15 => new IcmpKind(1, 1),
        _ => IcmpKind.None,
    };

    /// <summary>An MTU of 0 is that of an old router: the next plateau below the packet's length (RFC 1191 section 7.1) is meant.</summary>
    private static uint Mtu6(uint mtu, uint quotedBytes) => Math.Max(LeastMtu6, (mtu != 0 ? mtu : PlateauBelow(quotedBytes)) + HeaderGrowthBytes);

    private static uint PlateauBelow(uint lengthBytes) => lengthBytes switch
    {
        > 32000 => 32000,
        > 17914 => 17914,
        > 8166 => 8166,
        > 4352 => 4352,
        > 2002 => 2002,
        > 1492 => 1492,
        _ => 1006,
    };

    /// <summary>The field of an IPv6 header that is the one at an offset of an IPv4 header (RFC 7915 figure 3).</summary>
    private static byte Pointer6(uint pointer) => pointer switch
    {
        0 or 1 => (byte)pointer,
        2 or 3 => 4,
        8 => 7,
        9 => 6,
        >= 12 and <= 15 => 8,
        >= 16 and <= 19 => 24,
        _ => NoField,
    };

    /// <summary>The field of an IPv4 header that is the one at an offset of an IPv6 header (RFC 7915 figure 6).</summary>
    private static byte Pointer4(uint pointer) => pointer switch
    {
        0 or 1 => (byte)pointer,
        4 or 5 => 2,
        6 => 9,
        7 => 8,
        >= 8 and <= 23 => 12,
        >= 24 and <= 39 => 16,
        _ => NoField,
    };

    private static IcmpKind WithPointer(byte type, byte code, byte pointer) => pointer == NoField ? IcmpKind.None : new IcmpKind(type, code, pointer);

    private static IcmpKind WithPointer4(byte pointer) => pointer == NoField ? IcmpKind.None : new IcmpKind(12, 0, (uint)pointer << PointerShift);
}
