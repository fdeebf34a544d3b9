using System.Text.RegularExpressions;
using KubeProxy.Testbed;

namespace KubeProxy.Readme.Tests.Markdown;

/// <summary>A link of a document to a file of the repository.</summary>
public sealed record RelativeLink(string Document, string Target);

/// <summary>The repository's documents.</summary>
public static partial class MarkdownFiles
{
    private static readonly string[] Skipped = ["bin", "obj", "artifacts", ".git"];

    /// <summary>Paths of all documents, from the repository's root.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Find(new DirectoryInfo(Artifacts.RepositoryRoot))
        .Select(file => Path.GetRelativePath(Artifacts.RepositoryRoot, file.FullName))
        .Order(StringComparer.Ordinal)];

    /// <summary>The text of a document.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Artifacts.RepositoryRoot, path));

    /// <summary>Links that name neither another site nor a place in the document itself.</summary>
    public static IEnumerable<RelativeLink> LinksOf(string path) => Link().Matches(Fenced().Replace(Read(path), ""))
        .Select(match => match.Groups[1].Value.Split('#')[0])
        .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal))
        .Select(target => new RelativeLink(path, target));

    private static IEnumerable<FileInfo> Find(DirectoryInfo folder)
    {
        foreach (FileInfo file in folder.EnumerateFiles("*.md"))
            yield return file;
        foreach (DirectoryInfo inner in folder.EnumerateDirectories().Where(inner => !Skipped.Contains(inner.Name)))
        {
            foreach (FileInfo file in Find(inner))
                yield return file;
        }
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();
}
