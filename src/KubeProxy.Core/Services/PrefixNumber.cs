using System.Net.Sockets;

namespace KubeProxy.Core.Services;

/// <summary>A VIP's name as numbers alone: compared and hashed without a look at an object.</summary>
/// <param name="Table">The table.</param>
/// <param name="Length">Bits of the prefix, 1000 more for IPv6.</param>
/// <param name="Upper">Upper half of the first address.</param>
/// <param name="Lower">Lower half of the first address.</param>
internal readonly record struct PrefixNumber(uint Table, int Length, ulong Upper, ulong Lower)
{
    private const int Ip6 = 1000;

    /// <summary>The numbers of a VIP's name.</summary>
    public static PrefixNumber Of(VipKey key) => Of(Addresses.First(key.Prefix), key.Prefix.BaseAddress.AddressFamily, key.Prefix.PrefixLength, key.Table);

    /// <summary>The numbers of the prefix of a length that holds an address.</summary>
    public static PrefixNumber Of(UInt128 address, AddressFamily family, int length, uint table)
    {
        UInt128 first = address & ~Addresses.HostMask(Addresses.BitCount(family) - length);
        return new PrefixNumber(table, length + (family == AddressFamily.InterNetworkV6 ? Ip6 : 0), (ulong)(first >> 64), (ulong)first);
    }
}
