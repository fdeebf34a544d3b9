using System.Net.Sockets;

namespace KubeProxy.Core.Services;

/// <summary>Which interfaces translate return traffic, by family.</summary>
internal sealed class ReturnInterfaces
{
    private readonly IDataPlane _plane;
    private readonly SortedSet<ulong> _set = [];

    /// <summary>Nothing is set.</summary>
    public ReturnInterfaces(IDataPlane plane) => _plane = plane;

    /// <summary>Switches an interface's translation on or off; refuses what is so already.</summary>
    public void Set(string name, AddressFamily family, bool enable)
    {
        uint index = _plane.FindInterface(name);
        ulong key = Key(index, family);
        string word = Addresses.NatWord(family, isTranslated: false);
        if (enable == _set.Contains(key)) throw new CommandException($"{word} is {(enable ? "already" : "not")} set on interface {name}");
        _plane.SetReturnFeature(index, family, enable);
        if (enable) _set.Add(key);
        else _set.Remove(key);
    }

    /// <summary>The interface is gone, and what was set on it too.</summary>
    public void Forget(uint index)
    {
        _set.Remove(Key(index, AddressFamily.InterNetwork));
        _set.Remove(Key(index, AddressFamily.InterNetworkV6));
    }

    /// <summary>Interfaces by index, each with the words that are set.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> List()
    {
        var list = new SortedDictionary<uint, string>();
        foreach (ulong key in _set)
        {
            uint index = (uint)(key >> 1);
            string word = (key & 1) == 0 ? "nat4" : "nat6";
            list[index] = list.TryGetValue(index, out string? words) ? $"{words} {word}" : word;
        }

        var named = new List<KeyValuePair<string, string>>();
        foreach ((uint index, string words) in list) named.Add(new(_plane.InterfaceName(index) ?? $"deleted interface {index}", words));
        return named;
    }

    private static ulong Key(uint index, AddressFamily family) => ((ulong)index << 1) | (family == AddressFamily.InterNetwork ? 0u : 1u);
}
