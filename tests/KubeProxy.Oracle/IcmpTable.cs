namespace KubeProxy.Oracle;

/// <summary>Type, code and the four bytes behind the checksum of an ICMP error.</summary>
public sealed record IcmpHead(int Type, int Code, long Rest);

/// <summary>ICMP errors of one family as those of the other (RFC 7915, sections 4.2 and 5.2). Null: no counterpart.</summary>
public static class IcmpTable
{
    private const int HeaderGrowth = 20;
    private const long LeastMtu = 1280;

    /// <summary>RFC 7915, figure 3: what an IPv4 header's bytes are in IPv6's; -1 for none.</summary>
    private static readonly int[] Pointers4 = [0, 1, 4, 4, -1, -1, -1, -1, 7, 6, -1, -1, 8, 8, 8, 8, 24, 24, 24, 24];

    /// <summary>RFC 1191, section 7.1.</summary>
    private static readonly int[] Plateaus = [65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

    /// <summary>To ICMPv6. <paramref name="quotedBytes"/> is the length that the quoted header gives.</summary>
    public static IcmpHead? ToIp6(IcmpHead error, int quotedBytes) => error.Type switch
    {
        3 => Unreachable4(error, quotedBytes),
        11 => new IcmpHead(3, error.Code, 0),
        12 when error.Code is 0 or 2 => Pointer4((int)(error.Rest >> 24)),
        _ => null,
    };

    /// <summary>To ICMP over IPv4.</summary>
    public static IcmpHead? ToIp4(IcmpHead error) => error.Type switch
    {
        1 => error.Code switch { 0 or 2 or 3 => new IcmpHead(3, 1, 0), 1 => new IcmpHead(3, 10, 0), 4 => new IcmpHead(3, 3, 0), _ => null },
        2 => new IcmpHead(3, 4, Math.Clamp(error.Rest - HeaderGrowth, 0, 65535)),
        3 => new IcmpHead(11, error.Code, 0),
        4 => error.Code switch { 0 => Pointer6(error.Rest), 1 => new IcmpHead(3, 2, 0), _ => null },
        _ => null,
    };

    private static IcmpHead? Unreachable4(IcmpHead error, int quotedBytes) => error.Code switch
    {
        0 or 1 or 5 or 6 or 7 or 8 or 11 or 12 => new IcmpHead(1, 0, 0),
        2 => new IcmpHead(4, 1, 6),
        3 => new IcmpHead(1, 4, 0),
        4 => new IcmpHead(2, 0, Math.Max(LeastMtu, Mtu(error, quotedBytes) + HeaderGrowth)),
        9 or 10 or 13 or 15 => new IcmpHead(1, 1, 0),
        _ => null,
    };

    /// <summary>A router that does not tell the MTU: the greatest plateau below the length of the packet.</summary>
    private static long Mtu(IcmpHead error, int quotedBytes)
    {
        long told = error.Rest & 0xFFFF;
        return told != 0 ? told : Plateaus.FirstOrDefault(plateau => plateau < quotedBytes);
    }

    private static IcmpHead? Pointer4(int pointer) => pointer < Pointers4.Length && Pointers4[pointer] >= 0 ? new IcmpHead(4, 0, Pointers4[pointer]) : null;

    /// <summary>RFC 7915, figure 6.</summary>
    private static IcmpHead? Pointer6(long pointer)
    {
        int found = pointer switch { 0 => 0, 1 => 1, 4 or 5 => 2, 6 => 9, 7 => 8, >= 8 and <= 23 => 12, >= 24 and <= 39 => 16, _ => -1 };
        return found >= 0 ? new IcmpHead(12, 0, (long)found << 24) : null;
    }
}
