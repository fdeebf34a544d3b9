using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Core.Services;

/// <summary>The VIPs by prefix, with the question "which one covers this address".</summary>
internal sealed class VipTable
{
    private readonly Dictionary<IPNetwork, Vip> _vips = [];
    private readonly int[] _ip4CountByLength = new int[33];
    private readonly int[] _ip6CountByLength = new int[129];

    /// <summary>Number of VIPs.</summary>
    public int Count => _vips.Count;

    /// <summary>All VIPs in no order.</summary>
    public IReadOnlyCollection<Vip> All => _vips.Values;

    /// <summary>The VIP with exactly this prefix.</summary>
    public Vip? Find(IPNetwork prefix) => _vips.GetValueOrDefault(prefix);

    /// <summary>The longest VIP prefix that holds the address.</summary>
    public Vip? FindCovering(IPAddress address)
    {
        int[] counts = CountByLength(address.AddressFamily);
        for (int length = counts.Length - 1; length > 0; length--)
        {
            if (counts[length] == 0) continue;
            if (Find(Addresses.PrefixOf(address, length)) is Vip vip) return vip;
        }

        return null;
    }

    /// <summary>Adds a VIP whose prefix is not there yet.</summary>
    public void Add(Vip vip)
    {
        _vips.Add(vip.Prefix, vip);
        CountByLength(vip.Family)[vip.Prefix.PrefixLength]++;
    }

    /// <summary>Takes a VIP out.</summary>
    public void Remove(Vip vip)
    {
        _vips.Remove(vip.Prefix);
        CountByLength(vip.Family)[vip.Prefix.PrefixLength]--;
    }

    /// <summary>All VIPs: IPv4 first, then by address, then shorter prefixes first.</summary>
    public IReadOnlyList<Vip> Sorted()
    {
        var sorted = new List<Vip>(_vips.Values);
        sorted.Sort(Compare);
        return sorted;
    }

    private int[] CountByLength(AddressFamily family) => family == AddressFamily.InterNetwork ? _ip4CountByLength : _ip6CountByLength;

    private static int Compare(Vip left, Vip right)
    {
        int order = Addresses.BitCount(left.Family).CompareTo(Addresses.BitCount(right.Family));
        if (order == 0) order = Addresses.First(left.Prefix).CompareTo(Addresses.First(right.Prefix));
        return order != 0 ? order : left.Prefix.PrefixLength.CompareTo(right.Prefix.PrefixLength);
    }
}
