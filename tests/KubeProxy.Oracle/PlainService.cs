using System.Net;

namespace KubeProxy.Oracle;

/// <summary>A pod of one service, as commands left it.</summary>
public sealed class PlainPod(IPAddress address, PlainService service)
{
    public IPAddress Address { get; } = address;

    public PlainService Service { get; } = service;

    public int Weight { get; set; } = 1;

    /// <summary>Gets no new flows, keeps its sessions.</summary>
    public bool Draining { get; set; }

    /// <summary>Deleted: its UDP sessions choose again, its TCP sessions stay.</summary>
    public bool Removed { get; set; }

    /// <summary>Its service was deleted, or its time to drain is over: no session is left.</summary>
    public bool Gone { get; set; }

    public bool Serves => !Gone && !Removed && !Draining && Weight > 0;
}

/// <summary>One protocol and port of a VIP; -1 stands for every one.</summary>
public sealed class PlainService(PlainVip vip, int protocol, int port, int targetPort)
{
    public const int Every = -1;

    public PlainVip Vip { get; } = vip;

    public int Protocol { get; } = protocol;

    public int Port { get; } = port;

    public int TargetPort { get; } = targetPort;

    public IPAddress? Masquerade { get; init; }

    public bool MasqueradesOutsideOnly { get; init; }

    public int AffinitySeconds { get; init; }

    /// <summary>The port at which the node's own addresses have the service, or 0.</summary>
    public int NodePort { get; init; }

    public IList<PlainPod> Pods { get; } = [];

    /// <summary>Flows were opened under a table that has been replaced since.</summary>
    public bool HasHistory { get; set; }

    public Dictionary<FlowCount, long> Counts { get; } = [];

    /// <summary>The pod's port for a packet to <paramref name="port"/>.</summary>
    public int PodPort(int port) => TargetPort == Every ? port : TargetPort;
}

/// <summary>Of which family a VIP's pods are: of its own, or IPv6 behind IPv4, or IPv4 behind IPv6.</summary>
public enum VipKind
{
    Plain,
    Nat46,
    Nat64,
}

/// <summary>A VIP: prefixes, the first its own, the others <c>same_as</c> it, and their services.</summary>
public sealed class PlainVip(IPNetwork prefix, VipKind kind = VipKind.Plain)
{
    public VipKind Kind { get; } = kind;

    public bool HasIp6Pods => Kind == VipKind.Plain ? Prefix.BaseAddress.IsIp6() : Kind == VipKind.Nat46;

    public IPNetwork Prefix { get; } = prefix;

    public IList<IPNetwork> Others { get; } = [];

    public IList<PlainService> Services { get; } = [];

    /// <summary>The only service, where the packet came to a node port instead of a VIP.</summary>
    public PlainService? OfNodePort { get; init; }

    public bool TakesEverything => Services.Any(service => service.Protocol == PlainService.Every);

    public bool HasPod => Services.Any(service => service.Pods.Any(pod => pod.Serves));

    /// <summary>Its exact port and protocol, else every port of its protocol, else everything.</summary>
    public PlainService? Find(int protocol, int port) =>
        OfNodePort ?? (IpProtocol.HasPorts(protocol) ? Services.FirstOrDefault(service => service.Protocol == protocol && service.Port == port) : null)
        ?? Services.FirstOrDefault(service => service.Protocol == protocol && service.Port == PlainService.Every)
        ?? Services.FirstOrDefault(service => service.Protocol == PlainService.Every);
}
