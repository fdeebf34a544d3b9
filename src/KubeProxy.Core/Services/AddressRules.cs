using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Core.Services;

/// <summary>Addresses that can be neither a VIP nor a pod.</summary>
internal static class AddressRules
{
    private static readonly SpecialPrefix[] Special =
    [
        new("0.0.0.0/8", "this network, unspecified"),
        new("127.0.0.0/8", "loopback"),
        new("224.0.0.0/4", "multicast"),
        new("255.255.255.255/32", "broadcast"),
        new("::/128", "unspecified"),
        new("::1/128", "loopback"),
        new("::ffff:0:0/96", "IPv4-mapped addresses"),
        new("fe80::/10", "link-local"),
        new("ff00::/8", "multicast"),
    ];

    /// <summary>Refuses a prefix that no client may address.</summary>
    public static void CheckVip(IPNetwork prefix)
    {
        if (prefix.PrefixLength == 0) throw new CommandException($"VIP {prefix} is the default route: it cannot be a service");
        if (Find(prefix) is SpecialPrefix special) throw new CommandException($"VIP {prefix} overlaps {special}: it cannot be a service");
    }

    /// <summary>Refuses an address where no pod can be.</summary>
    public static void CheckPod(IPAddress address)
    {
        if (Find(address) is SpecialPrefix special) throw new CommandException($"pod {address} is in {special}: no pod can be there");
    }

    /// <summary>Refuses an address that no host can answer to.</summary>
    public static void CheckMasquerade(IPAddress address)
    {
        if (Find(address) is SpecialPrefix special)
            throw new CommandException($"masquerade {address} is in {special}: no answer could come back to it");
    }

    /// <summary>Refuses a prefix in which clients cannot be seen.</summary>
    public static void CheckPrefix64(IPNetwork prefix)
    {
        if (Find(prefix) is SpecialPrefix special) throw new CommandException($"prefix64 {prefix} overlaps {special}");
    }

    private static SpecialPrefix? Find(IPNetwork prefix) => Find(prefix.BaseAddress.AddressFamily, Addresses.First(prefix), Addresses.Last(prefix));

    private static SpecialPrefix? Find(IPAddress address)
    {
        UInt128 number = Addresses.ToNumber(address);
        return Find(address.AddressFamily, number, number);
    }

    private static SpecialPrefix? Find(AddressFamily family, UInt128 first, UInt128 last)
    {
        foreach (SpecialPrefix special in Special)
        {
            if (special.Family == family && special.First <= last && first <= special.Last) return special;
        }

        return null;
    }

    private sealed class SpecialPrefix(string prefix, string reason)
    {
        private readonly IPNetwork _prefix = IPNetwork.Parse(prefix);

        public AddressFamily Family => _prefix.BaseAddress.AddressFamily;

        public UInt128 First { get; } = Addresses.First(IPNetwork.Parse(prefix));

        public UInt128 Last { get; } = Addresses.Last(IPNetwork.Parse(prefix));

        public override string ToString() => $"{_prefix} ({reason})";
    }
}
