using System.Globalization;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary>Numbers as commands accept them: decimal digits, no sign, no leading zero, within a range.</summary>
internal static class Numbers
{
    /// <summary>The number, or an error that names what it is for and quotes the word.</summary>
    public static uint Parse(string what, string word, uint minimum, uint maximum)
    {
        if (!IsDecimal(word)) throw new CommandException($"{what} {Quote.Word(word)} is not a number ({minimum} to {maximum})");
        bool fits = uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out uint value);
        if (fits && value >= minimum && value <= maximum) return value;
        throw new CommandException($"{what} {Quote.Word(word)} is out of range ({minimum} to {maximum})");
    }

    /// <summary>Ports as <c>first-last</c>, or an error that names what they are for and quotes the word.</summary>
    public static PortRange ParsePorts(string what, string word)
    {
        string[] parts = word.Split('-');
        if (parts.Length != 2) throw new CommandException($"{what} {Quote.Word(word)} is not a range of ports, such as 32768-65535");
        uint first = Parse($"{what}: first port", parts[0], 1, ushort.MaxValue);
        uint last = Parse($"{what}: last port", parts[1], 1, ushort.MaxValue);
        if (first > last) throw new CommandException($"{what} {Quote.Word(word)}: the first port is above the last");
        return new PortRange((ushort)first, (ushort)last);
    }

    /// <summary>True when the word can only be meant as a number: it begins with a digit or a sign, and is no address.</summary>
    public static bool LooksLikeNumber(string word) =>
        (char.IsAsciiDigit(word[0]) || word[0] is '-' or '+') && !word.Contains('.', StringComparison.Ordinal) && !word.Contains(':', StringComparison.Ordinal);

    private static bool IsDecimal(string word)
    {
        if (word.Length == 0 || (word[0] == '0' && word.Length > 1)) return false;
        foreach (char character in word)
        {
            if (!char.IsAsciiDigit(character)) return false;
        }

        return true;
    }
}
