using System.Net;
using KubeProxy.Core.Snapshots;

namespace KubeProxy.Core.Services;

/// <summary>What is refused about the pods of a command before anything is done.</summary>
internal static class PodChecks
{
    /// <summary>The addresses are pods' addresses of the VIP's family, at least one, none twice.</summary>
    public static void CheckAddresses(Vip vip, IReadOnlyList<IPAddress> addresses)
    {
        if (addresses.Count == 0) throw new CommandException($"no pod address after VIP {vip.Key}: name at least one");
        var seen = new HashSet<IPAddress>();
        foreach (IPAddress address in addresses)
        {
            if (address.AddressFamily != vip.PodFamily) throw Mismatch(vip, address);
            AddressRules.CheckPod(address);
            if (!seen.Add(address)) throw new CommandException($"pod {address} is named twice");
        }
    }

    /// <summary>At least one of the services has the pod and has not removed it.</summary>
    public static void CheckServes(IReadOnlyList<Service> services, IPAddress address)
    {
        bool isRemoved = false;
        foreach (Service service in services)
        {
            Pod? pod = service.Find(address);
            if (pod is { State: PodState.Active }) return;
            isRemoved |= pod is not null;
        }

        string where = $"{services[0].Key.Words} of VIP {services[0].Vip.Key}";
        throw new CommandException(isRemoved ? $"pod {address} was removed from {where} already; it is draining" : $"no pod {address} in {where}");
    }

    /// <summary>At least one of the services has the pod, removed or not.</summary>
    public static void CheckIsKnown(IReadOnlyList<Service> services, IPAddress address)
    {
        foreach (Service service in services)
        {
            if (service.Find(address) is not null) return;
        }

        throw new CommandException($"no pod {address} in {services[0].Key.Words} of VIP {services[0].Vip.Key}");
    }

    private static CommandException Mismatch(Vip vip, IPAddress address)
    {
        string podFamily = Addresses.FamilyName(address.AddressFamily);
        if (vip.IsTranslated) return new($"pod {address} is {podFamily} and pods of {vip.NatWord} VIP {vip.Prefix} are {Addresses.FamilyName(vip.PodFamily)}");
        string vipFamily = Addresses.FamilyName(vip.Family);
        string nat = Addresses.NatWord(vip.Family, isTranslated: true);
        return new($"pod {address} is {podFamily} and VIP {vip.Key} is {vipFamily}: a VIP with pods of the other family is added with {nat}");
    }
}
