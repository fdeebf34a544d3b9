using System.Net;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Services;

/// <summary>How a command names services of one VIP; null is "not said".</summary>
/// <param name="Prefix">The VIP.</param>
/// <param name="Protocol">IANA protocol number.</param>
/// <param name="Port">Port in host order, not 0.</param>
/// <param name="Table">The table that the VIP is in.</param>
public readonly record struct ServiceSelector(IPNetwork Prefix, byte? Protocol, ushort? Port, uint Table = 0)
{
    private const int ListedServices = 16;

    /// <summary>The VIP.</summary>
    public VipKey Vip => new(Prefix, Table);

    /// <summary>The services that a command creates: a port without a protocol stands for TCP and UDP.</summary>
    public IReadOnlyList<ServiceKey> Keys()
    {
        if (Port is not ushort port) return [new ServiceKey(Protocol ?? IpProtocol.Any, 0)];
        return Protocol switch
        {
            null => [new ServiceKey(IpProtocol.Tcp, port), new ServiceKey(IpProtocol.Udp, port)],
            IpProtocol.Any => throw new CommandException($"protocol any has no port {port}: say tcp, udp or sctp, or leave the protocol out for tcp and udp"),
            byte protocol => [new ServiceKey(protocol, port)],
        };
    }

    /// <summary>
    /// The existing services that a command means. Without a port it means the VIP's only service (TCP and UDP on one
    /// port count as one); with a protocol and no port it means the service of every port of that protocol, if there is one.
    /// </summary>
    public IReadOnlyList<Service> Select(Vip vip)
    {
        var found = new List<Service>();
        foreach (ServiceKey key in Keys())
        {
            if (vip.Find(key) is Service service) found.Add(service);
        }

        if (Port is null && (Protocol is null || found.Count == 0)) found = Matching(vip);
        if (found.Count == 0) throw new CommandException($"VIP {Vip} has no service {Words}; it has: {List(vip.Services)}");
        if (!AreOne(found)) throw new CommandException($"VIP {Vip} has several services, name one of: {List(found)}");
        return found;
    }

    private string Words => (Protocol, Port) switch
    {
        (null, ushort port) => $"port {port}",
        (byte protocol, null) => $"protocol {ServiceKey.NameOf(protocol)}",
        (byte protocol, ushort port) => new ServiceKey(protocol, port).Words,
        _ => "protocol any",
    };

    private List<Service> Matching(Vip vip)
    {
        var matching = new List<Service>();
        foreach (Service service in vip.Services)
        {
            if (Protocol is null || Protocol == service.Key.Protocol) matching.Add(service);
        }

        return matching;
    }

    private static bool AreOne(List<Service> services)
    {
        if (services.Count == 1) return true;
        foreach (Service service in services)
        {
            if (service.Key.Port == 0 || service.Key.Port != services[0].Key.Port) return false;
        }

        return true;
    }

    private static string List(IReadOnlyCollection<Service> services)
    {
        var words = new List<string>();
        foreach (Service service in services)
        {
            if (words.Count == ListedServices) break;
            words.Add(service.Key.Words);
        }

        int left = services.Count - words.Count;
        return string.Join("; ", words) + (left == 0 ? string.Empty : $"; and {left} more");
    }
}
