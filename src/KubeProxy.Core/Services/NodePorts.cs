using System.Net.Sockets;

namespace KubeProxy.Core.Services;

/// <summary>Which service has which node port: one at most of each family, protocol and number.</summary>
internal sealed class NodePorts
{
    private readonly SortedDictionary<(ushort Port, byte Protocol, AddressFamily Family), Service> _services = [];

    /// <summary>The ports that may be given.</summary>
    public PortRange Range { get; private set; } = PortRange.DefaultNodePorts;

    /// <summary>Node ports in use; TCP and UDP, IPv4 and IPv6 count each.</summary>
    public int Count => _services.Count;

    /// <summary>The service with a node port.</summary>
    public Service? Find(AddressFamily family, byte protocol, ushort port) => _services.GetValueOrDefault((port, protocol, family));

    /// <summary>Enters a service that has a node port which nobody has.</summary>
    public void Add(Service service) => _services.Add(KeyOf(service), service);

    /// <summary>Takes a service out.</summary>
    public void Remove(Service service) => _services.Remove(KeyOf(service));

    /// <summary>Refuses a node port outside of the range, or one that another service has.</summary>
    public void CheckFree(AddressFamily family, ServiceKey key, ushort port)
    {
        if (!Range.Contains(port)) throw new CommandException($"node_port {port} is out of the node port range ({Range.First} to {Range.Last})");
        if (Find(family, key.Protocol, port) is Service owner)
            throw new CommandException($"node_port {port} protocol {key.ProtocolWord} is taken by service {owner.Key.Words} of VIP {owner.Vip.Key}");
    }

    /// <summary>Refuses a range that leaves out a node port in use.</summary>
    public void CheckRange(PortRange range)
    {
        foreach (((ushort port, _, _), Service owner) in _services)
        {
            if (!range.Contains(port))
                throw new CommandException($"node-port-range {range} leaves out node_port {port} of service {owner.Key.Words} of VIP {owner.Vip.Key}");
        }
    }

    /// <summary>Makes a checked range the one in force.</summary>
    public void SetRange(PortRange range) => Range = range;

    private static (ushort Port, byte Protocol, AddressFamily Family) KeyOf(Service service) =>
        (service.NodePort!.Port, service.Key.Protocol, service.Vip.Family);
}
