using System.Text.RegularExpressions;
using KubeProxy.Readme.Tests.Markdown;
using Xunit;

namespace KubeProxy.Readme.Tests.Documents;

/// <summary>docs/invariants.md names every invariant that the code names.</summary>
public sealed partial class InvariantTests
{
    [Fact]
    public void EveryInvariantThatTheCodeNamesIsInTheDocument()
    {
        string document = MarkdownFiles.Read("docs/invariants.md");
        IEnumerable<string> named = TestSources.In("src").Concat(TestSources.In("tests"))
            .SelectMany(file => Named().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct();
        Assert.All(named, id => Assert.Contains($"| {id} |", document, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"invariant ([A-Z]{3}-\d+)")]
    private static partial Regex Named();
}
