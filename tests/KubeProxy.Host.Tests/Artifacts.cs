using Xunit;

namespace KubeProxy.Host.Tests;

/// <summary>The built binaries, which <c>./build.sh build</c> puts into artifacts/.</summary>
internal static class Artifacts
{
    /// <summary>The file's path; a test that needs it is skipped where it was not built.</summary>
    internal static string Need(string file)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "KubeProxy.sln")))
            folder = Path.GetDirectoryName(folder);
        string path = Path.Combine(folder ?? "", "artifacts", file);
        Assert.SkipUnless(folder is not null && File.Exists(path), $"artifacts/{file} is not there: run ./build.sh build");
        return path;
    }
}
