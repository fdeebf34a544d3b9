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

    public static bool IsIp6(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;
}
