using System.Net;

namespace KubeProxy.Fuzz.Lines;

/// <summary>Whether an error names something of the line that it is about.</summary>
internal static class Blame
{
    private const int ShownLetters = 30;
    private static readonly string[] Missing = [" is missing", "nothing to configure", " needs a value"];

    public static bool IsNamed(string error, string arguments)
    {
        if (Missing.Any(text => error.Contains(text, StringComparison.Ordinal))) return true;
        string[] words = arguments.Split([' ', '\t', '\r', '\n', '\f', '\v'], StringSplitOptions.RemoveEmptyEntries);
        return words.Any(word => Forms(word).Any(form => error.Contains(form, StringComparison.Ordinal)));
    }

    /// <summary>A word as it is typed, as it is quoted, and as an address or prefix is shown.</summary>
    private static IEnumerable<string> Forms(string word)
    {
        yield return word.Length > ShownLetters ? word[..ShownLetters] : word;
        string plain = new([.. word.TakeWhile(letter => letter is >= ' ' and <= '~' and not ('"' or '\\')).Take(ShownLetters)]);
        if (plain.Length > 0) yield return plain;
        else yield return "\\";
        string[] prefix = word.Split('/');
        if (!IPAddress.TryParse(prefix[0], out IPAddress? address)) yield break;
        yield return address.ToString();
        if (prefix.Length == 2 && int.TryParse(prefix[1], out int bits) && bits >= 0) yield return $"{WithoutHost(address, bits)}/{bits}";
    }

    private static IPAddress WithoutHost(IPAddress address, int bits)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int bit = bits; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }
}
