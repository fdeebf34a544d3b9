using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Core.Services;

/// <summary>The addresses of all pods that packets may still be sent to, with the question "is one in this prefix".</summary>
internal sealed class FollowedAddresses
{
    private readonly CountedNumbers _ip4 = new();
    private readonly CountedNumbers _ip6 = new();

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

    private CountedNumbers Of(AddressFamily family) => family == AddressFamily.InterNetwork ? _ip4 : _ip6;
}
