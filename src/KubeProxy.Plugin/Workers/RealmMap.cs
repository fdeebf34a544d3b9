namespace KubeProxy.Plugin.Workers;

/// <summary>
/// Which realm serves the packets of VPP's tables, as the nodes read it. Written on the main thread, byte by byte. No
/// initialiser, so that reading it costs one load.
/// </summary>
internal static unsafe class RealmMap
{
    /// <summary>A table that has no services: its packets are nobody's.</summary>
    public const byte None = byte.MaxValue;

    /// <summary>VPP's indices of tables that can have services are below this one.</summary>
    public const uint TableCount = 1u << 16;

    /// <summary>Realms by VPP's index of an IPv4 table.</summary>
    public static byte* ByTable4;

    /// <summary>Realms by VPP's index of an IPv6 table.</summary>
    public static byte* ByTable6;

    /// <summary>All realms that there have been have numbers below this one.</summary>
    public static uint HighWater;

    /// <summary>How many interfaces are in another IPv4 table than 0. While there is none, no packet's table is asked for.</summary>
    public static uint InterfacesElsewhere4;

    /// <summary>The same of IPv6.</summary>
    public static uint InterfacesElsewhere6;

    /// <summary>Makes the maps: table 0 of either family has realm 0, the others none.</summary>
    public static void Open(byte* byTable4, byte* byTable6)
    {
        ByTable4 = Filled(byTable4);
        ByTable6 = Filled(byTable6);
        HighWater = 1;
    }

    /// <summary>The realms of a family's tables.</summary>
    public static byte* ByTable(bool isIp6) => isIp6 ? ByTable6 : ByTable4;

    private static byte* Filled(byte* map)
    {
        new Span<byte>(map, (int)TableCount).Fill(None);
        map[0] = 0;
        return map;
    }
}
