namespace KubeProxy.Oracle;

/// <summary>Protocol numbers (IANA) that the translation knows by name.</summary>
public static class IpProtocol
{
    public const int HopByHop = 0;
    public const int Icmp = 1;
    public const int Tcp = 6;
    public const int Udp = 17;
    public const int Dccp = 33;
    public const int Routing = 43;
    public const int Fragment = 44;
    public const int Authentication = 51;
    public const int Icmp6 = 58;
    public const int DestinationOptions = 60;
    public const int Sctp = 132;
    public const int Mobility = 135;
    public const int UdpLite = 136;
    public const int HostIdentity = 139;
    public const int Shim6 = 140;

    /// <summary>Those whose flows are told apart by ports.</summary>
    public static bool HasPorts(int protocol) => protocol is Tcp or Udp or Sctp;

    /// <summary>Bytes that must be there behind the IP header before a packet is anything.</summary>
    public static int HeaderBytes(int protocol, bool ip6) => protocol switch
    {
        Tcp => 20,
        Udp or UdpLite or Dccp => 8,
        Sctp => 12,
        Icmp when !ip6 => 8,
        Icmp6 when ip6 => 8,
        _ => 0,
    };

    /// <summary>Offset of a checksum over pseudo header and message, or -1.</summary>
    public static int ChecksumOffset(int protocol, bool ip6) => protocol switch
    {
        Tcp => 16,
        Udp or UdpLite or Dccp => 6,
        Icmp6 when ip6 => 2,
        _ => -1,
    };
}
