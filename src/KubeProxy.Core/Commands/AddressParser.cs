using System.Globalization;
using System.Net;
using System.Net.Sockets;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary>
/// Addresses and prefixes as commands accept them: dotted IPv4 with four decimal parts, IPv6 without zone. The forms
/// that <see cref="IPAddress"/> takes besides (hexadecimal, octal, fewer parts, brackets) are refused.
/// </summary>
internal static class AddressParser
{
    /// <summary>True when the word can only be meant as an address or prefix.</summary>
    public static bool LooksLikeAddress(string word) => word.Contains(':', StringComparison.Ordinal) || char.IsAsciiDigit(word[0]);

    /// <summary>An address.</summary>
    public static IPAddress Parse(string word) =>
        TryParse(word, out IPAddress? address) ? address! : throw new CommandException($"{Quote.Word(word)} is not an address");

    /// <summary>A prefix; host bits are cleared. An address without a length is the prefix that holds it alone.</summary>
    public static IPNetwork ParsePrefix(string word)
    {
        int slash = word.IndexOf('/', StringComparison.Ordinal);
        string addressWord = slash < 0 ? word : word[..slash];
        if (!TryParse(addressWord, out IPAddress? address)) throw new CommandException($"{Quote.Word(word)} is not a prefix");
        int bitCount = Addresses.BitCount(address!.AddressFamily);
        if (slash < 0) return Addresses.PrefixOf(address, bitCount);
        uint length = Numbers.Parse($"{Quote.Word(word)}: prefix length", word[(slash + 1)..], 0, (uint)bitCount);
        return Addresses.PrefixOf(address, (int)length);
    }

    private static bool TryParse(string word, out IPAddress? address)
    {
        address = null;
        if (!word.Contains(':', StringComparison.Ordinal)) return IsDotted(word) && IPAddress.TryParse(word, out address);
        int tail = word.LastIndexOf(':') + 1;
        bool endsDotted = word.IndexOf('.', tail) >= 0;
        if (!IsHexGroups(endsDotted ? word[..tail] : word) || (endsDotted && !IsDotted(word[tail..]))) return false;
        return IPAddress.TryParse(word, out address) && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    private static bool IsHexGroups(string word)
    {
        foreach (char character in word)
        {
            if (!char.IsAsciiHexDigit(character) && character != ':') return false;
        }

        return true;
    }

    private static bool IsDotted(string word)
    {
        string[] parts = word.Split('.');
        if (parts.Length != 4) return false;
        foreach (string part in parts)
        {
            if (part.Length > 1 && part[0] == '0') return false;
            if (!byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return false;
        }

        return true;
    }
}
