using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Oracle;

/// <summary>Which addresses can be one host's (RFC 1122, section 3.2.1.3; RFC 4291).</summary>
public static class Hosts
{
    private static readonly IPNetwork[] Nobody =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("255.255.255.255/32"),
        IPNetwork.Parse("::/128"), IPNetwork.Parse("::1/128"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("ff00::/8"),
    ];

    public static bool IsOneHost(IPAddress address) =>
        !Nobody.Any(prefix => prefix.BaseAddress.AddressFamily == address.AddressFamily && prefix.Contains(address));

    /// <summary>
    /// Whom this host speaks to: not to 240/4, which is served where networks use it but is reserved (RFC 1112, section 4); to hosts of the link, whose
    /// packets are not to be forwarded.
    /// </summary>
    public static bool MayBeAnswered(IPAddress address)
    {
        byte first = address.GetAddressBytes()[0];
        return address.IsIp6() ? IsOneHost(address) || address.IsIPv6LinkLocal : IsOneHost(address) && first < 240;
    }

    public static bool IsIp6(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;
}
