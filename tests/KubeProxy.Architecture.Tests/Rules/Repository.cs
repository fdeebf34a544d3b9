namespace KubeProxy.Architecture.Tests.Rules;

/// <summary>One file of the repository, its path relative to the root with forward slashes.</summary>
public sealed record SourceFile(string Path, string Text)
{
    public string[] Lines => Text.Split('\n');

    public bool IsIn(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);
}

/// <summary>The repository that these tests run in.</summary>
public static class Repository
{
    private static readonly string[] SourceFolders = ["src", "interop", "tests", "bench"];

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Files under the source folders with an extension; what was built or generated is left out.</summary>
    public static IReadOnlyList<SourceFile> Files(string extension) =>
        [.. SourceFolders.Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists).SelectMany(folder => Read(folder, extension))];

    private static IEnumerable<SourceFile> Read(string folder, string extension) =>
        from path in Directory.EnumerateFiles(folder, "*" + extension, SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, path).Replace('\\', '/')
        where !relative.Split('/').Any(part => part is "bin" or "obj" or "Generated")
        select new SourceFile(relative, File.ReadAllText(path));

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "KubeProxy.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException("KubeProxy.sln is in no folder above the tests");
    }
}
