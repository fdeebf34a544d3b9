namespace KubeProxy.Core.Net;

/// <summary>IANA protocol numbers that the data path knows by name. Zero stands for "any protocol" in a service.</summary>
public static class IpProtocol
{
    /// <summary>Any protocol (a service without a protocol).</summary>
    public const byte Any = 0;

    /// <summary>ICMP, RFC 792.</summary>
    public const byte Icmp = 1;

    /// <summary>TCP, RFC 9293.</summary>
    public const byte Tcp = 6;

    /// <summary>UDP, RFC 768.</summary>
    public const byte Udp = 17;

    /// <summary>DCCP, RFC 4340.</summary>
    public const byte Dccp = 33;

    /// <summary>IPv6 fragment header, RFC 8200 section 4.5.</summary>
    public const byte Ip6Fragment = 44;

    /// <summary>IPv6 authentication header, RFC 4302.</summary>
    public const byte Ip6Authentication = 51;

    /// <summary>ICMPv6, RFC 4443.</summary>
    public const byte Icmp6 = 58;

    /// <summary>SCTP, RFC 9260.</summary>
    public const byte Sctp = 132;

    /// <summary>UDP-Lite, RFC 3828.</summary>
    public const byte UdpLite = 136;

    /// <summary>True for the protocols whose flows are told apart by ports; those of all others by addresses alone.</summary>
    public static bool HasPorts(byte protocol) => protocol is Tcp or Udp or Sctp;
}
