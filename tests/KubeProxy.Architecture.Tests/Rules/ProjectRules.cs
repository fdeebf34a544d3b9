using System.Xml.Linq;

namespace KubeProxy.Architecture.Tests.Rules;

/// <summary>Who may reference whom, read from the project files.</summary>
public static class ProjectRules
{
    private static readonly Dictionary<string, string[]> References = new(StringComparer.Ordinal)
    {
        ["KubeProxy.Core"] = [],
        ["KubeProxy.Interop"] = [],
        ["KubeProxy.Plugin"] = ["KubeProxy.Core", "KubeProxy.Interop"],
        ["KubeProxy.Host"] = ["KubeProxy.Interop"],
    };

    /// <summary>The shipped projects reference exactly the projects they may, and no package at all.</summary>
    public static IEnumerable<string> Check(SourceFile project)
    {
        string name = Path.GetFileNameWithoutExtension(project.Path);
        if (!References.TryGetValue(name, out string[]? allowed)) yield break;
        XDocument document = XDocument.Parse(project.Text);
        string[] found = [.. Included(document, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];
        if (!found.SequenceEqual(allowed, StringComparer.Ordinal)) yield return $"{name} references [{string.Join(", ", found)}] instead of [{string.Join(", ", allowed)}]";
        foreach (string package in Included(document, "PackageReference")) yield return $"{name} needs the package {package} at run time";
        if (document.Descendants("DisableRuntimeMarshalling").All(element => element.Value != "true")) yield return $"{name} does not disable runtime marshalling";
    }

    private static IEnumerable<string> Included(XDocument document, string item) =>
        from element in document.Descendants(item)
        let include = element.Attribute("Include")?.Value
        where include != null
        select include.Replace('\\', '/');
}
