using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace KubeProxy.Architecture.Tests.Rules;

/// <summary>What the oracle may know: packages and .NET, nothing of this repository.</summary>
public static partial class OracleRules
{
    public static IEnumerable<string> CheckProject(SourceFile project) =>
        from element in XDocument.Parse(project.Text).Descendants()
        where element.Name.LocalName is "ProjectReference" or "Reference" or "Compile" or "Import"
        select $"{project.Path} has a {element.Name.LocalName}: {element}";

    public static IEnumerable<string> CheckSource(SourceFile source) =>
        Foreign().Matches(source.Text).Select(match => $"{source.Path} names {match.Value}");

    [GeneratedRegex(@"\bKubeProxy\.(?!Oracle\b)\w+")]
    private static partial Regex Foreign();
}
