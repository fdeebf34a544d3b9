using System.Text.RegularExpressions;
using KubeProxy.Readme.Tests.Markdown;
using Xunit;

namespace KubeProxy.Readme.Tests.Documents;

/// <summary>Documents name tests that exist, and the cases of others stand beside the tests that bear them.</summary>
public sealed partial class TestNameTests
{
    private const string CaseDocument = "docs/testing.md";
    private static readonly string[] Documents = ["docs/invariants.md", CaseDocument, "docs/compliance.md"];

    public static TheoryData<string> Names => [.. Documents.SelectMany(document => TestSources.NamedIn(MarkdownFiles.Read(document))).Distinct()];

    [Theory]
    [MemberData(nameof(Names))]
    public void ATestThatADocumentNamesExists(string name) => Assert.True(TestSources.Exists(name), $"there is no {name}");

    [Fact]
    public void EveryCaseThatATestBearsHasARow()
    {
        string[] listed = [.. Rows().SelectMany(row => row.Cases)];
        Assert.All(TestSources.Cases, name => Assert.Contains(name, listed));
    }

    [Fact]
    public void EveryCaseThatComplianceNamesHasARow()
    {
        string[] named = [.. CaseName().Matches(MarkdownFiles.Read("docs/compliance.md")).Select(match => match.Value).Distinct()];
        Assert.True(named.Length > 20);
        string[] listed = [.. Rows().SelectMany(row => row.Cases)];
        Assert.All(named, name => Assert.Contains(name, listed));
    }

    [Fact]
    public void TheTestsOfARowBearItsCases()
    {
        (string[] Cases, string[] Tests)[] rows = [.. Rows().Where(row => row.Tests.Length > 0 && row.Cases.Any(TestSources.Cases.Contains))];
        Assert.True(rows.Length > 20);
        Assert.All(rows, row => Assert.All(row.Cases, name => Assert.Contains(row.Tests, test => TestSources.CasesOf(test).Contains(name))));
        Assert.All(rows, row => Assert.All(row.Tests, test => Assert.Contains(row.Cases, name => TestSources.CasesOf(test).Contains(name))));
    }

    [Fact]
    public void EveryCheckThatATestBearsHasARow()
    {
        string[] listed = [.. Rows().SelectMany(row => row.Cases)];
        string[] borne = [.. TestSources.Checks.Where(name => CheckName().IsMatch(name))];
        Assert.True(borne.Length > 30);
        Assert.All(borne, name => Assert.Contains(name, listed));
    }

    [Fact]
    public void EveryCheckThatComplianceNamesHasARow()
    {
        string[] named = [.. CheckName().Matches(MarkdownFiles.Read("docs/compliance.md")).Select(match => match.Value).Distinct()];
        Assert.True(named.Length > 30);
        string[] listed = [.. Rows().SelectMany(row => row.Cases)];
        Assert.All(named, name => Assert.Contains(name, listed));
    }

    [Fact]
    public void TheTestsOfARowBearItsChecks()
    {
        (string[] Checks, string[] Tests)[] rows = [.. Rows()
            .Select(row => (row.Cases.Where(word => CheckName().IsMatch(word)).ToArray(), row.Tests)).Where(row => row.Item1.Length > 0)];
        Assert.True(rows.Length > 30);
        Assert.All(rows, row => Assert.All(row.Tests, test => Assert.Empty(row.Checks.Except(TestSources.ChecksOf(test)))));
    }

    /// <summary>Rows of tables: the words of the first cell, and the tests that the others name.</summary>
    private static IEnumerable<(string[] Cases, string[] Tests)> Rows() => MarkdownFiles.Read(CaseDocument).Split('\n')
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
        .Select(line => line.Split('|'))
        .Select(cells => (cells[1].Split([' ', ',', '`'], StringSplitOptions.RemoveEmptyEntries), TestSources.NamedIn(string.Join('|', cells[2..])).ToArray()));

    [GeneratedRegex(@"\b(K8S|CT)-\d\d\b")]
    private static partial Regex CaseName();

    [GeneratedRegex(@"\b([CISTUV]-\d+|(MAL|LIF|REL|RT)-\d\d|P\d{1,2})\b")]
    private static partial Regex CheckName();
}
