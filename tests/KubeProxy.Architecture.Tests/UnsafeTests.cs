using System.Globalization;
using System.Text.RegularExpressions;
using KubeProxy.Architecture.Tests.Rules;
using Xunit;

namespace KubeProxy.Architecture.Tests;

/// <summary>Every shipped file that works on pointers is in docs/unsafe.md, and the share of such lines has a bound for each project.</summary>
public sealed partial class UnsafeTests
{
    /// <summary>Percent of the lines of code; each is a little above what was measured, so that more pointers are a decision.</summary>
    private static readonly Dictionary<string, double> Bounds = new(StringComparer.Ordinal)
    {
        ["src/KubeProxy.Core"] = 22,
        ["src/KubeProxy.Plugin"] = 25,
        ["src/KubeProxy.Host"] = 15,
        ["interop/Manual"] = 23,
    };

    private static readonly SourceFile[] Shipped = [.. Repository.Files(".cs").Where(file => Bounds.Keys.Any(file.IsIn))];

    public static TheoryData<string> Projects => [.. Bounds.Keys];

    [Fact]
    public void EveryFileWithPointersIsListed()
    {
        string[] measured = [.. Shipped.Where(file => UnsafeCode.Of(file) is not null).GroupBy(file => Path.GetDirectoryName(file.Path)!.Replace('\\', '/'))
            .OrderBy(folder => folder.Key, StringComparer.Ordinal)
            .Select(folder => $"| `{folder.Key}` | {string.Join(", ", folder.Select(file => Path.GetFileNameWithoutExtension(file.Path)).Order(StringComparer.Ordinal))} |")];
        string[] listed = [.. Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "unsafe.md"))).Select(match => match.Value)];
        Assert.True(measured.Length > 10);
        string[] missing = [.. measured.Except(listed)], superfluous = [.. listed.Except(measured)];
        Assert.True(missing.Length + superfluous.Length == 0, $"docs/unsafe.md lacks\n{string.Join('\n', missing)}\nand has\n{string.Join('\n', superfluous)}");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void TheShareOfLinesWithPointersIsBounded(string project)
    {
        SourceFile[] files = [.. Shipped.Where(file => file.IsIn(project))];
        double pointers = files.Select(UnsafeCode.Of).OfType<UnsafeCode>().Sum(code => code.PointerLines), all = files.Sum(UnsafeCode.CodeLinesOf);
        double share = 100 * pointers / all;
        Assert.True(share <= Bounds[project], string.Create(CultureInfo.InvariantCulture, $"{share:F1} % of the lines of {project} work on pointers, of {all}: more than {Bounds[project]} %"));
        Assert.True(share >= Bounds[project] - 3, string.Create(CultureInfo.InvariantCulture, $"only {share:F1} % of the lines of {project} work on pointers: lower the bound"));
    }

    [Theory]
    [InlineData("class A { unsafe int* _a; }", 1)]
    [InlineData("class A { unsafe int B(C* c)\n=> c->D; }", 2)]
    [InlineData("class A { unsafe void B()\n{\nint c = 0;\nint* d = &c;\n*d = 1;\n} }", 2)]
    [InlineData("class A { unsafe void B()\n{\nint* c = stackalloc int[4];\nfixed (int* d = new int[4])\nc[0] = 1;\n} }", 2)]
    [InlineData("class A { unsafe void B() { }\n// int* c = &d;\n}", 0)]
    public void APointerIsFound(string text, int lines) => Assert.Equal(lines, UnsafeCode.Of(new SourceFile("src/A.cs", text))?.PointerLines ?? 0);

    [GeneratedRegex(@"^\| `(?:src|interop)/[^`]+` \| [^|]+ \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
