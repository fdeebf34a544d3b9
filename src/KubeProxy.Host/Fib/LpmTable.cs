using KubeProxy.Host.Ip;

namespace KubeProxy.Host.Fib;

/// <summary>
/// Longest-prefix match for one address family: a dictionary per mask length in use, tried from the longest down.
/// The embedded host has a handful of lengths; nothing here pretends to be a router's trie.
/// </summary>
internal sealed class LpmTable(bool isIp6)
{
    internal const int NotFound = -1;

    private readonly Dictionary<UInt128, int>?[] _byLength = new Dictionary<UInt128, int>?[IpAddr.Ip6Bits + 1];
    private int[] _lengthsDescending = [];

    internal int Count => _lengthsDescending.Sum(length => _byLength[length]!.Count);

    internal void Set(IpPrefix prefix, int value)
    {
        Dictionary<UInt128, int>? table = _byLength[Check(prefix).Length];
        if (table is null)
        {
            _byLength[prefix.Length] = table = [];
            _lengthsDescending = [.. _lengthsDescending.Append(prefix.Length).OrderDescending()];
        }
        table[prefix.Network.Address.Value] = value;
    }

    internal bool Remove(IpPrefix prefix)
    {
        Dictionary<UInt128, int>? table = _byLength[Check(prefix).Length];
        if (table is null || !table.Remove(prefix.Network.Address.Value))
            return false;
        if (table.Count == 0)
        {
            _byLength[prefix.Length] = null;
            _lengthsDescending = [.. _lengthsDescending.Where(length => length != prefix.Length)];
        }
        return true;
    }

    internal int FindExact(IpPrefix prefix) =>
        _byLength[Check(prefix).Length] is { } table && table.TryGetValue(prefix.Network.Address.Value, out int value) ? value : NotFound;

    /// <summary>The entry of the longest prefix that is shorter than <paramref name="prefix"/> and covers it.</summary>
    internal int FindCover(IpPrefix prefix) => Find(prefix.Address, prefix.Length - 1);

    internal int Find(IpAddr address) => Find(address, IpAddr.Ip6Bits);

    private int Find(IpAddr address, int maxLength)
    {
        foreach (int length in _lengthsDescending)
        {
            if (length <= maxLength && _byLength[length]!.TryGetValue(address.Masked(length).Value, out int value))
                return value;
        }
        return NotFound;
    }

    private IpPrefix Check(IpPrefix prefix) =>
        prefix.IsIp6 == isIp6 ? prefix : throw new ArgumentException($"{prefix} is of the other address family", nameof(prefix));
}
