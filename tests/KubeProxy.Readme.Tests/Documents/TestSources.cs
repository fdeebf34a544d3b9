using System.Text.RegularExpressions;
using KubeProxy.Testbed;

namespace KubeProxy.Readme.Tests.Documents;

/// <summary>What the source files say about tests: which there are, and which cases and checks they bear as a trait.</summary>
public static partial class TestSources
{
    private static readonly Lazy<string> All = new(() => string.Join('\n', In("tests").Select(File.ReadAllText)));

    /// <summary>Every case that some test bears.</summary>
    public static IReadOnlyList<string> Cases => [.. Case().Matches(All.Value).Select(match => match.Groups[1].Value).Distinct()];

    /// <summary>Every check, of an RFC or of malformed packets, that some test bears.</summary>
    public static IReadOnlyList<string> Checks => [.. Check().Matches(All.Value).Select(match => match.Groups[1].Value).Distinct()];

    /// <summary>Every figure of docs/reliability.md that some test measures.</summary>
    public static IReadOnlyList<string> Figures => [.. FigureName().Matches(All.Value).Select(match => match.Groups[1].Value).Distinct()];

    /// <summary>Every defect of others that some test bears, with the methods that bear it.</summary>
    public static IReadOnlyList<(string Defect, string Method)> Defects => [.. Regex
        .Matches(All.Value, @"((?:\n    \[.*\])+)\n    public (?:async |unsafe )?(?:void|Task) (\w+)\(")
        .SelectMany(test => Defect().Matches(test.Groups[1].Value).Select(match => (match.Groups[1].Value, test.Groups[2].Value)))];

    /// <summary>Source files below a folder of the repository.</summary>
    public static IEnumerable<string> In(string folder) => Directory
        .EnumerateFiles(Path.Combine(Artifacts.RepositoryRoot, folder), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    /// <summary>Tests that a document names: <c>`SomeStories.ThatSomethingHolds`</c>.</summary>
    public static IEnumerable<string> NamedIn(string text) => Name().Matches(text).Select(match => match.Groups[1].Value).Distinct();

    /// <summary>Is there a class and a method of this name?</summary>
    public static bool Exists(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string[] parts = name.Split('.');
        return Regex.IsMatch(All.Value, $@"class {parts[0]}\b") && Regex.IsMatch(All.Value, $@"(void|Task) {parts[1]}\(");
    }

    /// <summary>The cases that a test bears.</summary>
    public static IReadOnlyList<string> CasesOf(string name) => [.. Case().Matches(AttributesOf(name)).Select(match => match.Groups[1].Value)];

    /// <summary>The checks that a test bears.</summary>
    public static IReadOnlyList<string> ChecksOf(string name) => [.. Check().Matches(AttributesOf(name)).Select(match => match.Groups[1].Value)];

    /// <summary>The defects of others that a test would notice.</summary>
    public static IReadOnlyList<string> DefectsOf(string name) => [.. Defect().Matches(AttributesOf(name)).Select(match => match.Groups[1].Value)];

    /// <summary>Of all methods of the name: stories of one name may be told of the pipeline alone and of a whole host.</summary>
    private static string AttributesOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        MatchCollection tests = Regex.Matches(All.Value, $@"((?:\n    \[.*\])+)\n    public (?:async |unsafe )?(?:void|Task) {name.Split('.')[1]}\(");
        return string.Concat(tests.Select(test => test.Groups[1].Value));
    }

    [GeneratedRegex(@"`([A-Z]\w+(?:Tests|Stories)\.[A-Z]\w+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"\[Trait\(""case"", ""([^""]+)""\)\]")]
    private static partial Regex Case();

    [GeneratedRegex(@"\[Trait\(""Defect"", ""([^""]+)""\)\]")]
    private static partial Regex Defect();

    [GeneratedRegex(@"\[Trait\(""Rel"", ""([^""]+)""\)\]")]
    private static partial Regex FigureName();

    [GeneratedRegex(@"\[Trait\(""Check"", ""([^""]+)""\)\]")]
    private static partial Regex Check();
}
