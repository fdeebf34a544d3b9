using System.Net;
using KubeProxy.Core.Net;

namespace KubeProxy.Core.Services;

/// <summary>What is said about a service besides its name: whether it can be, and whether it is so.</summary>
internal static class OptionChecks
{
    /// <summary>Refuses options that new services cannot have.</summary>
    public static void CheckNew(ServiceSelector selector, ServiceOptions options)
    {
        if (options.TargetPort is ushort targetPort && selector.Port is null)
        {
            throw new CommandException($"target_port {targetPort} needs a port: a service without a port keeps the packet's port");
        }

        if (options.NodePort is ushort nodePort) CheckNodePort(selector, nodePort);
        if (options.Masquerade is IPAddress masquerade) CheckMasquerade(selector, masquerade);
        if (options.TableLength is uint length) CommandLimits.CheckPowerOfTwo("new_len", length, Limits.TableLength);
    }

    /// <summary>Refuses options that an existing service does not have.</summary>
    public static void CheckMatches(Service service, ServiceOptions options)
    {
        if (options.TargetPort is ushort targetPort && targetPort != service.TargetPort)
            throw Mismatch(service, $"target_port {targetPort}", $"target_port {service.TargetPort}");
        if (options.NodePort is ushort nodePort && nodePort != service.NodePort?.Port)
            throw Mismatch(service, $"node_port {nodePort}", service.NodePort is null ? "none" : $"node_port {service.NodePort.Port}");
        if (options.TableLength is uint length && length != service.TableLength)
            throw Mismatch(service, $"new_len {length}", $"new_len {service.TableLength}");
        if (options.AffinitySeconds is uint seconds && seconds != service.AffinitySeconds)
            throw Mismatch(service, $"affinity {seconds}", service.AffinitySeconds == 0 ? "none" : $"affinity {service.AffinitySeconds}");
        string has = MasqueradeWords(service.Masquerade, service.IsMasqueradeForOutside);
        if (options.Masquerade is not null && MasqueradeWords(options.Masquerade, options.IsMasqueradeForOutside) != has)
            throw Mismatch(service, MasqueradeWords(options.Masquerade, options.IsMasqueradeForOutside), has);
    }

    private static void CheckNodePort(ServiceSelector selector, ushort nodePort)
    {
        if (selector.Port is null)
            throw new CommandException($"node_port {nodePort} needs a port: a node port stands for one port of a service");
        if (selector.Protocol is byte protocol && protocol is not (IpProtocol.Tcp or IpProtocol.Udp))
            throw new CommandException($"node_port {nodePort} needs protocol tcp or udp, not {ServiceKey.NameOf(protocol)}");
        if (selector.Table != 0)
            throw new CommandException($"node_port {nodePort} contradicts table {selector.Table}: node ports are served in table 0 only");
    }

    private static void CheckMasquerade(ServiceSelector selector, IPAddress address)
    {
        if (address.AddressFamily != selector.Prefix.BaseAddress.AddressFamily)
        {
            string family = Addresses.FamilyName(address.AddressFamily);
            string vipFamily = Addresses.FamilyName(selector.Prefix.BaseAddress.AddressFamily);
            throw new CommandException($"masquerade {address} is {family} and VIP {selector.Vip} is {vipFamily}");
        }

        AddressRules.CheckMasquerade(address);
    }

    private static string MasqueradeWords(IPAddress? masquerade, bool isForOutside) =>
        masquerade is null ? "none" : $"masquerade {masquerade}{(isForOutside ? " outside" : string.Empty)}";

    private static CommandException Mismatch(Service service, string given, string has) =>
        new($"{given} does not match: service {service.Key.Words} of VIP {service.Vip.Key} has {has}");
}
