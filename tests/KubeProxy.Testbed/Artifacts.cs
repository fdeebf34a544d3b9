namespace KubeProxy.Testbed;

/// <summary>Where the build leaves the plugin and the embedded host: <c>artifacts/</c> of the repository this program was built in.</summary>
public static class Artifacts
{
    public static string RepositoryRoot { get; } = FindRoot();

    public static string Plugin => Path.Combine(RepositoryRoot, "artifacts", "kubeproxy_plugin.so");

    public static string EmbeddedHost => Path.Combine(RepositoryRoot, "artifacts", "ku-host");

    /// <summary>Null when the file is there, else a reason fit for a skipped test.</summary>
    public static string? Missing(string path) => File.Exists(path) ? null : $"{path} is not built: ./build.sh build";

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KubeProxy.sln")))
                return folder.FullName;
        }

        throw new TestbedException($"no KubeProxy.sln above {AppContext.BaseDirectory}");
    }
}
