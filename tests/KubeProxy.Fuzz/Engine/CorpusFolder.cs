using System.Security.Cryptography;

namespace KubeProxy.Fuzz.Engine;

/// <summary>Inputs as files that are named for their content.</summary>
internal static class CorpusFolder
{
    private const int LongestName = 60;

    /// <summary>All inputs of a folder, in the order of their names; none when it is not there.</summary>
    public static List<byte[]> Read(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)] : [];

    public static string Write(string folder, byte[] input)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, NameOf(input));
        File.WriteAllBytes(path, input);
        return path;
    }

    /// <summary>An input that shows something: its name says what.</summary>
    public static string WriteFinding(string folder, string kind, string finding, byte[] input)
    {
        string crashers = Path.Combine(folder, "crashers");
        Directory.CreateDirectory(crashers);
        string words = string.Join('-', finding.Split([.. finding.Where(letter => !char.IsAsciiLetterOrDigit(letter)).Distinct()], StringSplitOptions.RemoveEmptyEntries));
        string path = Path.Combine(crashers, $"{kind}-{(words.Length > LongestName ? words[..LongestName] : words)}");
        File.WriteAllBytes(path, input);
        return path;
    }

    /// <summary>The first bytes of a hash of the content.</summary>
    public static string NameOf(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input).AsSpan(0, 8));
}
