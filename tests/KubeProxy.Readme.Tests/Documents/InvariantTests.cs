using System.Text.RegularExpressions;
using KubeProxy.Readme.Tests.Markdown;
using KubeProxy.Testbed;
using Xunit;

namespace KubeProxy.Readme.Tests.Documents;

/// <summary>docs/invariants.md names every invariant that the code names, and tests that exist.</summary>
public sealed partial class InvariantTests
{
    private const string Document = "docs/invariants.md";
    private static readonly Lazy<string> TestSources = new(() => string.Join('\n', Sources("tests").Select(File.ReadAllText)));

    public static TheoryData<string> TestNames => [.. TestName().Matches(MarkdownFiles.Read(Document)).Select(match => match.Groups[1].Value).Distinct()];

    [Theory]
    [MemberData(nameof(TestNames))]
    public void ATestThatTheDocumentNamesExists(string name)
    {
        string method = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
        string type = name[..name.IndexOf('.', StringComparison.Ordinal)];
        Assert.Matches($@"class {type}\b", TestSources.Value);
        Assert.Matches($@"(void|Task) {method}\(", TestSources.Value);
    }

    [Fact]
    public void EveryInvariantThatTheCodeNamesIsInTheDocument()
    {
        string document = MarkdownFiles.Read(Document);
        IEnumerable<string> named = Sources("src").Concat(Sources("tests")).SelectMany(file => Named().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct();
        Assert.All(named, id => Assert.Contains($"| {id} |", document, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Sources(string folder) => Directory
        .EnumerateFiles(Path.Combine(Artifacts.RepositoryRoot, folder), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    [GeneratedRegex(@"`([A-Z]\w+(?:Tests|Stories)\.[A-Z]\w+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"invariant ([A-Z]{3}-\d+)")]
    private static partial Regex Named();
}
