using System.Net;

namespace KubeProxy.Core.Tests.Pipeline;

/// <summary>IP family of a story.</summary>
public enum IpFamily
{
    /// <summary>IPv4.</summary>
    Ip4,

    /// <summary>IPv6.</summary>
    Ip6,
}

/// <summary>The addresses of the stories: clients, VIPs and pods by number, in either family.</summary>
public static class Site
{
    public static IPEndPoint Client(IpFamily family, int number = 1, int port = 40_000) => Make(family, "192.0.2.", "2001:db8:c::", number, port);

    public static IPEndPoint Vip(IpFamily family, int number = 1, int port = 80) => Make(family, "10.96.0.", "fd00:96::", number, port);

    public static IPEndPoint Pod(IpFamily family, int number = 1, int port = 0) => Make(family, "10.1.0.", "fd00:1::", number, port);

    private static IPEndPoint Make(IpFamily family, string ip4, string ip6, int number, int port) =>
        new(IPAddress.Parse(family == IpFamily.Ip4 ? $"{ip4}{number}" : $"{ip6}{number:x}"), port);
}
