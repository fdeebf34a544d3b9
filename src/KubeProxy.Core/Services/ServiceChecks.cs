namespace KubeProxy.Core.Services;

/// <summary>What is refused about the options of a service before anything is done.</summary>
internal static class ServiceChecks
{
    /// <summary>The options make sense for the services that are to be added.</summary>
    public static void CheckOptions(ServiceSelector selector, ServiceOptions options)
    {
        if (options.TargetPort is ushort targetPort && selector.Port is null)
        {
            throw new CommandException($"target_port {targetPort} needs a port: a service without a port keeps the packet's port");
        }

        if (options.TableLength is uint length) CommandLimits.CheckPowerOfTwo("new_len", length, Limits.TableLength);
        CheckMasquerade(selector, options);
    }

    /// <summary>Options that are given when a service is deleted are the service's.</summary>
    public static void CheckMatches(Service service, ServiceOptions options)
    {
        if (options.TargetPort is ushort targetPort && targetPort != service.TargetPort)
            throw Mismatch(service, $"target_port {targetPort}", $"target_port {service.TargetPort}");
        if (options.TableLength is uint length && length != service.TableLength)
            throw Mismatch(service, $"new_len {length}", $"new_len {service.TableLength}");
        if (options.AffinitySeconds is uint seconds && seconds != service.AffinitySeconds)
            throw Mismatch(service, $"affinity {seconds}", service.AffinitySeconds == 0 ? "none" : $"affinity {service.AffinitySeconds}");
        string masquerade = Words(options.Masquerade, options.IsMasqueradeForOutside);
        string has = Words(service.Masquerade, service.IsMasqueradeForOutside);
        if (masquerade != "none" && masquerade != has) throw Mismatch(service, masquerade, has);
    }

    private static void CheckMasquerade(ServiceSelector selector, ServiceOptions options)
    {
        if (options.Masquerade is not System.Net.IPAddress address) return;
        if (address.AddressFamily != selector.Prefix.BaseAddress.AddressFamily)
        {
            string family = Addresses.FamilyName(address.AddressFamily);
            string vipFamily = Addresses.FamilyName(selector.Prefix.BaseAddress.AddressFamily);
            throw new CommandException($"masquerade {address} is {family} and VIP {selector.Prefix} is {vipFamily}");
        }

        AddressRules.CheckMasquerade(address);
    }

    private static string Words(System.Net.IPAddress? masquerade, bool isForOutside) =>
        masquerade is null ? "none" : $"masquerade {masquerade}{(isForOutside ? " outside" : string.Empty)}";

    private static CommandException Mismatch(Service service, string given, string has) =>
        new($"{given} does not match: service {service.Key.Words} of VIP {service.Vip.Prefix} has {has}");
}
