using System.Text;

namespace KubeProxy.Core.Commands;

/// <summary>A word of a user in an error text: quoted, shortened, and without characters that a terminal might obey.</summary>
internal static class Quote
{
    private const int ShownCharacters = 40;

    /// <summary>The word in quotes; what is not printable ASCII is escaped.</summary>
    public static string Word(string word)
    {
        var text = new StringBuilder("\"");
        for (int i = 0; i < Math.Min(word.Length, ShownCharacters); i++) Append(text, word[i]);
        if (word.Length > ShownCharacters) text.Append("...");
        return text.Append('"').ToString();
    }

    private static void Append(StringBuilder text, char character)
    {
        if (character is '"' or '\\') text.Append('\\').Append(character);
        else if (character is >= ' ' and <= '~') text.Append(character);
        else if (character <= '\xFF') text.Append($"\\x{(int)character:x2}");
        else text.Append($"\\u{(int)character:x4}");
    }
}
