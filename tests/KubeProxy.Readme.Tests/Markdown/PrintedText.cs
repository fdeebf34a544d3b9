using System.Text.RegularExpressions;

namespace KubeProxy.Readme.Tests.Markdown;

/// <summary>
/// Compares what a host printed with what a document shows. A line <c>...</c> stands for any lines, <c>&lt;n&gt;</c> for a
/// number that differs from run to run; runs of blanks are equal to one another, for columns grow with their numbers.
/// </summary>
public static partial class PrintedText
{
    private const string AnyLines = "...";
    private const string AnyNumber = "<n>";

    /// <summary>Null when the printed text is what is shown, else what differs.</summary>
    public static string? Difference(IReadOnlyList<string> shown, string printed)
    {
        ArgumentNullException.ThrowIfNull(shown);
        ArgumentNullException.ThrowIfNull(printed);
        string[] lines = [.. printed.Split('\n').Select(Normal)];
        if (printed.Length == 0)
            lines = [];
        return Matches([.. shown.Select(Normal)], lines)
            ? null
            : $"shown:\n{string.Join('\n', shown)}\nprinted:\n{printed}";
    }

    private static bool Matches(ReadOnlySpan<string> shown, ReadOnlySpan<string> lines)
    {
        if (shown.IsEmpty)
            return lines.IsEmpty;
        if (shown[0] != AnyLines)
            return !lines.IsEmpty && IsSame(shown[0], lines[0]) && Matches(shown[1..], lines[1..]);
        for (int skipped = 0; skipped <= lines.Length; skipped++)
        {
            if (Matches(shown[1..], lines[skipped..]))
                return true;
        }

        return false;
    }

    private static bool IsSame(string shown, string line) => shown.Contains(AnyNumber, StringComparison.Ordinal)
        ? Regex.IsMatch(line, $"^{Regex.Escape(shown).Replace(AnyNumber, "[0-9]+", StringComparison.Ordinal)}$")
        : shown == line;

    private static string Normal(string line) => Blanks().Replace(line, " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
