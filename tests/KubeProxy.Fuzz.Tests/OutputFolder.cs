namespace KubeProxy.Fuzz.Tests;

/// <summary>A folder for a run's output, that goes away.</summary>
internal sealed class OutputFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ku-fuzz-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
