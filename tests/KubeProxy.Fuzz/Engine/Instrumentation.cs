using SharpFuzz;

namespace KubeProxy.Fuzz.Engine;

/// <summary>
/// A copy of this program's folder in which KubeProxy.Core tells the edges it takes, and so does <see cref="Planted.PlantedCode"/>. Made anew
/// when an assembly has changed.
/// </summary>
internal static class Instrumentation
{
    public const string Program = "KubeProxy.Fuzz.dll";
    private const string Mark = "instrumented-from";
    private static readonly string[] Instrumented = ["KubeProxy.Core.dll", "KubeProxy.Fuzz.Planted.dll"];

    /// <summary>The copy's folder.</summary>
    public static string Prepare()
    {
        string from = AppContext.BaseDirectory;
        string to = Path.Combine(from, "instrumented");
        string identity = string.Join(' ', Instrumented.Append(Program).Select(name => IdentityOf(Path.Combine(from, name))));
        Directory.CreateDirectory(to);
        using FileStream turn = TakeTurn(Path.Combine(to, "lock"));
        string mark = Path.Combine(to, Mark);
        if (File.Exists(mark) && File.ReadAllText(mark) == identity) return to;
        File.Delete(mark);
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        foreach (string name in Instrumented) Instrument(Path.Combine(to, name));
        File.WriteAllText(mark, identity);
        return to;
    }

    private static void Instrument(string path)
    {
        int count = Fuzzer.Instrument(path, _ => true, Options.Value).Count();
        if (count == 0) throw new InvalidOperationException($"nothing in {path} was instrumented");
    }

    private static string IdentityOf(string path) => $"{Path.GetFileName(path)} {new FileInfo(path).Length} {File.GetLastWriteTimeUtc(path).Ticks}";

    /// <summary>One process at a time.</summary>
    private static FileStream TakeTurn(string path)
    {
        for (int attempt = 0; attempt < 600; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                Thread.Sleep(100);
            }
        }

        throw new TimeoutException($"another process holds {path}");
    }
}
