using System.Net;
using System.Net.Sockets;

namespace KubeProxy.Core.Services;

/// <summary>The VIPs by prefix and table, with the question "which one of a table covers this address".</summary>
internal sealed class VipTable
{
    private readonly Dictionary<PrefixNumber, Vip> _vips = [];
    private readonly int[] _ip4CountByLength = new int[33];
    private readonly int[] _ip6CountByLength = new int[129];

    /// <summary>Number of VIPs.</summary>
    public int Count => _vips.Count;

    /// <summary>All VIPs in no order.</summary>
    public IReadOnlyCollection<Vip> All => _vips.Values;

    /// <summary>The VIP with exactly this prefix in this table.</summary>
    public Vip? Find(VipKey key) => _vips.GetValueOrDefault(PrefixNumber.Of(key));

    /// <summary>The longest VIP prefix of a table that holds the address.</summary>
    public Vip? FindCovering(IPAddress address, uint table)
    {
        int[] counts = CountByLength(address.AddressFamily);
        UInt128 number = Addresses.ToNumber(address);
        for (int length = counts.Length - 1; length > 0; length--)
        {
            if (counts[length] == 0) continue;
            if (_vips.TryGetValue(PrefixNumber.Of(number, address.AddressFamily, length, table), out Vip? vip)) return vip;
        }

        return null;
    }

    /// <summary>Adds a VIP that is not there yet.</summary>
    public void Add(Vip vip)
    {
        _vips.Add(PrefixNumber.Of(vip.Key), vip);
        CountByLength(vip.Family)[vip.Prefix.PrefixLength]++;
    }

    /// <summary>Takes a VIP out.</summary>
    public void Remove(Vip vip)
    {
        _vips.Remove(PrefixNumber.Of(vip.Key));
        CountByLength(vip.Family)[vip.Prefix.PrefixLength]--;
    }

    /// <summary>All VIPs: IPv4 first, then by address, then shorter prefixes first, then by table.</summary>
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
        if (order == 0) order = left.Prefix.PrefixLength.CompareTo(right.Prefix.PrefixLength);
        return order != 0 ? order : left.Table.CompareTo(right.Table);
    }
}
