using System.Text.RegularExpressions;
using KubeProxy.Readme.Tests.Markdown;
using Xunit;

namespace KubeProxy.Readme.Tests.Documents;

/// <summary>The table of the RFCs' MUSTs in docs/compliance.md: each that is for us names checks, and some test bears each of these.</summary>
public sealed partial class RequirementTests
{
    private static readonly string[] Elsewhere = ["by who puts together"];

    [Fact]
    [Trait("Rel", "REL-19")]
    public void EveryRequirementThatIsForUsHasTestsThatBearItsChecks()
    {
        string document = MarkdownFiles.Read("docs/compliance.md");
        string[][] rows = [.. document[document.IndexOf("## RFC requirements", StringComparison.Ordinal)..].Split('\n')
            .Where(line => line.StartsWith("| RFC", StringComparison.Ordinal)).Select(line => line.Split('|'))];
        string[][] ours = [.. rows.Where(row => row[2].Trim() != "not for us" && !Elsewhere.Contains(row[2].Trim()))];
        string[][] tested = [.. ours.Where(row => Checks(row[3]) is { Length: > 0 } checks && checks.All(TestSources.Checks.Contains))];
        Figure.Is("REL-19", $"{tested.Length} of {ours.Length} rows of MUSTs that are for us are tested; {rows.Length - ours.Length} are not for us, each with its reason");
        Assert.True(ours.Length > 20);
        Assert.Empty(ours.Except(tested).Select(row => row[1]));
    }

    private static string[] Checks(string cell) => [.. Range().Replace(cell, match => string.Join(' ', Enumerable.Range(1, int.Parse(match.Groups[1].ValueSpan, null)).Select(number => $"S-{number}")))
        .Split([' ', ',', ';', ':'], StringSplitOptions.RemoveEmptyEntries).Where(word => Check().IsMatch(word))];

    [GeneratedRegex(@"S-1 to S-(\d+)")]
    private static partial Regex Range();

    [GeneratedRegex(@"^[CISTUV]-\d+$")]
    private static partial Regex Check();
}
