using System.Net;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Services;

/// <summary>What tells the services of one VIP apart.</summary>
/// <param name="Protocol">IANA protocol number, or <see cref="IpProtocol.Any"/>.</param>
/// <param name="Port">The port in host order, or 0 for every port.</param>
public readonly record struct ServiceKey(byte Protocol, ushort Port)
{
    /// <summary>A number that orders services by port, then protocol.</summary>
    public uint Order => ((uint)Port << 8) | Protocol;

    /// <summary>The words that name the service in a command.</summary>
    public string Words => Port == 0 ? $"protocol {ProtocolWord}" : $"protocol {ProtocolWord} port {Port}";

    /// <summary>The protocol's word.</summary>
    public string ProtocolWord => NameOf(Protocol);

    /// <summary>The port's word.</summary>
    public string PortWord => Port == 0 ? "any" : $"{Port}";

    /// <summary>One end of a flow of a protocol: address and port, or the address alone where the protocol has no ports.</summary>
    public static string EndOf(byte protocol, IPEndPoint end) => IpProtocol.HasPorts(protocol) ? $"{end}" : $"{end.Address}";

    /// <summary>The word of a protocol number; the number itself when it has none.</summary>
    public static string NameOf(byte protocol) => protocol switch
    {
        IpProtocol.Any => "any",
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Sctp => "sctp",
        IpProtocol.Icmp => "icmp",
        IpProtocol.Icmp6 => "icmp6",
        _ => $"{protocol}",
    };
}
