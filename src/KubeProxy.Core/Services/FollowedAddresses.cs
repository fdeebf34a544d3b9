using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Core.Services;

/// <summary>The addresses of all pods that packets may still be sent to, with the question "is one in this prefix".</summary>
internal sealed class FollowedAddresses
{
    private readonly Family _ip4 = new();
    private readonly Family _ip6 = new();

    /// <summary>One more pod has this address.</summary>
    public void Add(IPAddress address) => Of(address.AddressFamily).Add(Addresses.ToNumber(address));

    /// <summary>One pod less has this address.</summary>
    public void Remove(IPAddress address) => Of(address.AddressFamily).Remove(Addresses.ToNumber(address));

    /// <summary>The lowest pod address in a prefix.</summary>
    public IPAddress? FindIn(IPNetwork prefix)
    {
        AddressFamily family = prefix.BaseAddress.AddressFamily;
        UInt128? found = Of(family).FindBetween(Addresses.First(prefix), Addresses.Last(prefix));
        return found is UInt128 number ? Addresses.FromNumber(number, family) : null;
    }

    private Family Of(AddressFamily family) => family == AddressFamily.InterNetwork ? _ip4 : _ip6;

    private sealed class Family
    {
        private readonly SortedSet<UInt128> _sorted = [];
        private readonly Dictionary<UInt128, int> _counts = [];

        public void Add(UInt128 address)
        {
            _sorted.Add(address);
            _counts[address] = _counts.GetValueOrDefault(address) + 1;
        }

        public void Remove(UInt128 address)
        {
            if (--_counts[address] > 0) return;
            _counts.Remove(address);
            _sorted.Remove(address);
        }

        // Min of an empty view is 0; the address 0 is never a pod's, so it cannot be mistaken for one.
        public UInt128? FindBetween(UInt128 first, UInt128 last)
        {
            UInt128 lowest = _sorted.GetViewBetween(first, last).Min;
            return _counts.ContainsKey(lowest) ? lowest : null;
        }
    }
}
