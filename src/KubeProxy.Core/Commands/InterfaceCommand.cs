using System.Net.Sockets;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary><c>kube-proxy set interface nat4|nat6</c>: return translation on pod-facing interfaces.</summary>
internal static class InterfaceCommand
{
    private const int LongestName = 64;

    /// <summary>Its grammar for IPv4.</summary>
    public const string Help4 = "kube-proxy set interface nat4 in <intfc> [del]";

    /// <summary>Its grammar for IPv6.</summary>
    public const string Help6 = "kube-proxy set interface nat6 in <intfc> [del]";

    /// <summary>Does what the line says.</summary>
    public static string Run(ServiceCatalog catalog, AddressFamily family, string line)
    {
        var words = new WordReader(line);
        string? name = null;
        bool isDelete = false;
        while (words.TryNext(out string word))
        {
            words.Once(word);
            if (word == "in") name = CheckName(words.ValueOf(word));
            else if (word == "del") isDelete = true;
            else throw WordReader.Unknown(word);
        }

        if (name is null) throw new CommandException("an interface is missing: in <intfc>");
        catalog.SetReturnFeature(name, family, enable: !isDelete);
        return string.Empty;
    }

    private static string CheckName(string name)
    {
        bool isPlain = name.Length <= LongestName;
        foreach (char character in name) isPlain &= character is > ' ' and <= '~';
        return isPlain ? name : throw new CommandException($"no interface {Quote.Word(name)}");
    }
}
