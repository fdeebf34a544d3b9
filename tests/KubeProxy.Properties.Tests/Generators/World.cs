using System.Net;
using KubeProxy.Oracle;
using KubeProxy.Properties.Tests.Setup;

namespace KubeProxy.Properties.Tests.Generators;

/// <summary>Everybody in the scenarios: few enough to meet again.</summary>
public static class World
{
    public const int PodCount = 5;
    public const int VipCount = 9;
    private const int FirstTranslated = 7;

    private static readonly string[] Clients4 = ["192.0.2.1", "192.0.2.2", "198.51.100.77", "240.0.0.9"];
    private static readonly string[] Clients6 = ["2001:db8:c::1", "2001:db8:c::2", "2001:db8:ffff::77", "64:ff9b::1"];
    private static readonly string[] Nobody4 = ["0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.255.255.255", "255.255.255.255"];
    private static readonly string[] Nobody6 = ["::", "::1", "fe80::1", "ff02::1"];

    /// <summary>Prefixes of VIPs. 2 lies inside 1; 5 is another address of 0.</summary>
    private static readonly string[] Vips4 =
        ["10.96.0.1/32", "10.97.0.0/24", "10.97.0.7/32", "10.96.0.3/32", "10.96.0.4/32", "203.0.113.5/32", "10.96.0.6/32", "10.98.0.1/32", "10.98.1.0/24"];

    private static readonly string[] Vips6 =
        ["fd00:96::1/128", "fd00:97::/64", "fd00:97::7/128", "fd00:96::3/128", "fd00:96::4/128", "2001:db8:e::5/128", "fd00:96::6/128", "fd00:98::1/128", "fd00:98:1::/64"];

    private static readonly string[] Prefixes64 =
        ["3fff:64::/96", "3fff:a::/32", "3fff:b:1200::/40", "3fff:c:122::/48", "3fff:d:122:300::/56", "3fff:e:122:344::/64"];

    /// <summary>VIPs 7 and 8 have pods of the other family.</summary>
    public static VipKind KindOf(bool ip6, int number) => number < FirstTranslated ? VipKind.Plain : ip6 ? VipKind.Nat64 : VipKind.Nat46;

    public static IPNetwork Prefix64(Random random) => IPNetwork.Parse(Prefixes64[random.Next(Prefixes64.Length)]);

    /// <summary>The node's own addresses, on the clients' side and on the pods'.</summary>
    public static IReadOnlyList<IPAddress> Own { get; } =
        [RealRouter.RouterIp4, RealRouter.RouterIp6, IPAddress.Parse("10.1.255.254"), IPAddress.Parse("fd00:1::fffe")];

    public static IPAddress OwnOf(Random random, bool ip6) => Own[(random.Next(2) * 2) + (ip6 ? 1 : 0)];

    public static IPNetwork Vip(bool ip6, int number) => IPNetwork.Parse((ip6 ? Vips6 : Vips4)[number]);

    public static IPAddress Pod(bool ip6, int number) => IPAddress.Parse(ip6 ? $"fd00:1::{number + 1:x}" : $"10.1.0.{number + 1}");

    public static IPAddress Masquerade(bool ip6) => IPAddress.Parse(ip6 ? "fd00:1::ffff" : "10.1.255.1");

    public static IPAddress Router(bool ip6) => IPAddress.Parse(ip6 ? "2001:db8:f::1" : "198.51.100.1");

    /// <summary>Mostly clients, sometimes pods, rarely addresses that nobody can have.</summary>
    public static IPAddress Source(Random random, bool ip6) => random.Next(100) switch
    {
        < 88 => Pick(random, ip6 ? Clients6 : Clients4),
        < 97 => Pod(ip6, random.Next(PodCount)),
        _ => Pick(random, ip6 ? Nobody6 : Nobody4),
    };

    /// <summary>An address that a VIP covers.</summary>
    public static IPAddress AddressOf(Random random, bool ip6) => AddressIn(random, Vip(ip6, random.Next(VipCount)));

    /// <summary>An address of a VIP that may have a service of everything.</summary>
    public static IPAddress AddressOfEverything(Random random, bool ip6) => AddressIn(random, Vip(ip6, random.Next(3) switch { 0 => 1, 1 => 6, _ => 8 }));

    private static IPAddress AddressIn(Random random, IPNetwork prefix)
    {
        byte[] bytes = prefix.BaseAddress.GetAddressBytes();
        if (prefix.PrefixLength < bytes.Length * 8) bytes[^1] = (byte)random.Next(10);
        return new IPAddress(bytes);
    }

    private static IPAddress Pick(Random random, string[] addresses) => IPAddress.Parse(addresses[random.Next(addresses.Length)]);
}
