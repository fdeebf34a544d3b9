using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using KubeProxy.Core.Snapshots;
using KubeProxy.Readme.Tests.Markdown;
using Xunit;

namespace KubeProxy.Readme.Tests.Documents;

/// <summary>The sizes that docs/layouts.md states are those of the types.</summary>
public sealed partial class LayoutFigureTests
{
    public static TheoryData<string, int> Figures
    {
        get
        {
            TheoryData<string, int> rows = [];
            foreach (Match row in Row().Matches(MarkdownFiles.Read("docs/layouts.md")))
                rows.Add(row.Groups["type"].Value, int.Parse(row.Groups["bytes"].Value, CultureInfo.InvariantCulture));
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Figures))]
    public void ATypeHasTheStatedSize(string type, int bytes)
    {
        Type found = Assert.Single(typeof(PodRecord).Assembly.GetTypes(), candidate => candidate.Name == type);
        MethodInfo size = typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(found);
        Assert.Equal(bytes, size.Invoke(null, null));
    }

    [Fact]
    public void TheTableIsFound() => Assert.True(Figures.Count > 5);

    [GeneratedRegex(@"^\| `(?<type>\w+)` \| (?<bytes>\d+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
