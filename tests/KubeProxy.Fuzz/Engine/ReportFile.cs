using System.Text.Json;

namespace KubeProxy.Fuzz.Engine;

/// <summary>A loop's report on its way between two processes.</summary>
internal static class ReportFile
{
    public static void Write(string path, LoopReport report) => File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(report));

    public static LoopReport Read(string path) =>
        JsonSerializer.Deserialize<LoopReport>(File.ReadAllBytes(path)) ?? throw new InvalidDataException($"{path} holds no report");
}
