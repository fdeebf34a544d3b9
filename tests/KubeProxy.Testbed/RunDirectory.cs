namespace KubeProxy.Testbed;

/// <summary>
/// A folder of one run of one host: sockets, configuration, log and captures. Short names, because the path of a unix
/// socket holds 107 bytes. Removed with its owner.
/// </summary>
public sealed class RunDirectory : IDisposable
{
    private int _files;

    public RunDirectory(string prefix)
    {
        FullPath = Directory.CreateTempSubdirectory(prefix).FullName;
        Leftovers.Add(this);
    }

    public string FullPath { get; }

    public string File(string name) => Path.Combine(FullPath, name);

    /// <summary>A name that no earlier call has returned: VPP refuses to capture into a file that exists.</summary>
    public string NewFile(string extension) => File($"{Interlocked.Increment(ref _files)}.{extension}");

    public void Dispose()
    {
        Leftovers.Remove(this);
        try
        {
            Directory.Delete(FullPath, recursive: true);
        }
        catch (IOException)
        {
            // A file that a dying process still creates must not hide what the test had to say.
        }
    }
}
