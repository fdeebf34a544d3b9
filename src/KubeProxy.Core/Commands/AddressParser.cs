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
    public static IPNetwork ParsePrefix(string word) => ParsePrefix(word, out _);

    /// <summary>A prefix, and whether bits of a host were cleared.</summary>
    public static IPNetwork ParsePrefix(string word, out bool hasHostBits)
    {
        int slash = word.IndexOf('/', StringComparison.Ordinal);
        string addressWord = slash < 0 ? word : word[..slash];
        if (!TryParse(addressWord, out IPAddress? address)) throw new CommandException($"{Quote.Word(word)} is not a prefix");
        int bitCount = Addresses.BitCount(address!.AddressFamily);
        uint length = (uint)bitCount;
        if (slash >= 0) length = Numbers.Parse($"{Quote.Word(word)}: prefix length", word[(slash + 1)..], 0, length);
        IPNetwork prefix = Addresses.PrefixOf(address, (int)length);
        hasHostBits = !prefix.BaseAddress.Equals(address);
        return prefix;
    }

    private static bool TryParse(string word, out IPAddress? address)
    {
        address = null;
        if (!word.Contains(':', StringComparison.Ordinal)) return IsDotted(word) && IPAddress.TryParse(word, out address);
        int tail = word.LastIndexOf(':') + 1;
        bool endsDotted = word.IndexOf('.', tail) >= 0;
        if (!IsHexGroups(endsDotted ? word[..tail] : word) || (endsDotted && !IsDotted(word.AsSpan(tail)))) return false;
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

    private static bool IsDotted(ReadOnlySpan<char> word)
    {
        int count = 0;
        foreach (Range range in word.Split('.'))
        {
            ReadOnlySpan<char> part = word[range];
            if (++count > 4 || (part.Length > 1 && part[0] == '0')) return false;
            if (!byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return false;
        }

        return count == 4;
    }
}
