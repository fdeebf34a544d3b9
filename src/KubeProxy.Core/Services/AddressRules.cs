using System.Net;

namespace KubeProxy.Core.Services;

/// <summary>Addresses that can be neither a VIP nor a pod.</summary>
internal static class AddressRules
{
    private static readonly (IPNetwork Prefix, string Reason)[] Special =
    [
        (IPNetwork.Parse("0.0.0.0/8"), "this network, unspecified"),
        (IPNetwork.Parse("127.0.0.0/8"), "loopback"),
        (IPNetwork.Parse("224.0.0.0/4"), "multicast"),
        (IPNetwork.Parse("255.255.255.255/32"), "broadcast"),
        (IPNetwork.Parse("::/128"), "unspecified"),
        (IPNetwork.Parse("::1/128"), "loopback"),
        (IPNetwork.Parse("::ffff:0:0/96"), "IPv4-mapped addresses"),
        (IPNetwork.Parse("fe80::/10"), "link-local"),
        (IPNetwork.Parse("ff00::/8"), "multicast"),
    ];

    /// <summary>Refuses a prefix that no client may address.</summary>
    public static void CheckVip(IPNetwork prefix)
    {
        if (prefix.PrefixLength == 0) throw new CommandException($"VIP {prefix} is the default route: it cannot be a service");
        foreach ((IPNetwork special, string reason) in Special)
        {
            if (!Addresses.Overlap(prefix, special)) continue;
            throw new CommandException($"VIP {prefix} overlaps {special} ({reason}): it cannot be a service");
        }
    }

    /// <summary>Refuses an address where no pod can be.</summary>
    public static void CheckPod(IPAddress address)
    {
        if (FindSpecial(address) is string special) throw new CommandException($"pod {address} is in {special}: no pod can be there");
    }

    /// <summary>Refuses an address that no host can answer to.</summary>
    public static void CheckMasquerade(IPAddress address)
    {
        if (FindSpecial(address) is string special)
            throw new CommandException($"masquerade {address} is in {special}: no answer could come back to it");
    }

    /// <summary>Refuses a prefix in which clients cannot be seen.</summary>
    public static void CheckPrefix64(IPNetwork prefix)
    {
        foreach ((IPNetwork special, string reason) in Special)
        {
            if (Addresses.Overlap(prefix, special)) throw new CommandException($"prefix64 {prefix} overlaps {special} ({reason})");
        }
    }

    private static string? FindSpecial(IPAddress address)
    {
        IPNetwork single = Addresses.PrefixOf(address, Addresses.BitCount(address.AddressFamily));
        foreach ((IPNetwork special, string reason) in Special)
        {
            if (Addresses.Overlap(single, special)) return $"{special} ({reason})";
        }

        return null;
    }
}
