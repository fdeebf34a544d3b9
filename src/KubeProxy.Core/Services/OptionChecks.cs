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
        if (options.TableLength is uint length) CommandLimits.CheckPowerOfTwo("new_len", length, Limits.TableLength);
    }

    /// <summary>Refuses options that an existing service does not have.</summary>
    public static void CheckMatches(Service service, ServiceOptions options)
    {
        string where = $"service {service.Key.Words} of VIP {service.Vip.Prefix} has";
        if (options.TargetPort is ushort targetPort && targetPort != service.TargetPort)
        {
            throw new CommandException($"target_port {targetPort} does not match: {where} target_port {service.TargetPort}");
        }

        if (options.NodePort is ushort nodePort && nodePort != service.NodePort?.Port)
        {
            string has = service.NodePort is null ? "none" : $"node_port {service.NodePort.Port}";
            throw new CommandException($"node_port {nodePort} does not match: {where} {has}");
        }

        if (options.TableLength is uint length && length != service.TableLength)
        {
            throw new CommandException($"new_len {length} does not match: {where} new_len {service.TableLength}");
        }

        if (options.AffinitySeconds is uint seconds && seconds != service.AffinitySeconds)
        {
            string has = service.AffinitySeconds == 0 ? "none" : $"affinity {service.AffinitySeconds}";
            throw new CommandException($"affinity {seconds} does not match: {where} {has}");
        }
    }

    private static void CheckNodePort(ServiceSelector selector, ushort nodePort)
    {
        if (selector.Port is null)
            throw new CommandException($"node_port {nodePort} needs a port: a node port stands for one port of a service");
        if (selector.Protocol is byte protocol && protocol is not (IpProtocol.Tcp or IpProtocol.Udp))
            throw new CommandException($"node_port {nodePort} needs protocol tcp or udp, not {ServiceKey.NameOf(protocol)}");
    }
}
