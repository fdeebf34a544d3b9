using KubeProxy.Readme.Tests.Markdown;
using Xunit;

namespace KubeProxy.Readme.Tests.Documents;

/// <summary>Every known defect of the plugin that this one replaces has a row of tests, which bear it, and no test bears one beside its row.</summary>
public sealed class DefectTests
{
    private static readonly string[] Known =
    [
        .. Enumerable.Range(1, 28).Select(number => $"D{number}"), .. Enumerable.Range(1, 25).Select(number => $"A-{number}"),
        .. Enumerable.Range(1, 6).Select(number => $"REG-FDIO-{number}"),
    ];

    private static readonly (string[] Defects, string[] Tests)[] Rows = [.. MarkdownFiles.Read("docs/testing.md").Split('\n')
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
        .Select(line => line.Split('|'))
        .Select(cells => (Defects: cells[1].Split([' ', ','], StringSplitOptions.RemoveEmptyEntries), Tests: TestSources.NamedIn(string.Join('|', cells[2..])).ToArray()))
        .Where(row => row.Defects.Length > 0 && row.Defects.All(Known.Contains))];

    [Fact]
    public void EveryDefectHasARowWithATest() =>
        Assert.All(Known, defect => Assert.Contains(Rows, row => row.Defects.Contains(defect) && row.Tests.Length > 0));

    [Fact]
    public void TheTestsOfARowBearItsDefects() =>
        Assert.All(Rows, row => Assert.All(row.Tests, test => Assert.Empty(row.Defects.Except(TestSources.DefectsOf(test)))));

    [Fact]
    public void ADefectThatATestBearsHasTheTestInItsRow() => Assert.All(TestSources.Defects, borne =>
        Assert.Contains(Rows, row => row.Defects.Contains(borne.Defect) && row.Tests.Any(test => test.EndsWith("." + borne.Method, StringComparison.Ordinal))));
}
