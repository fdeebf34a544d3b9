using System.Text.RegularExpressions;

namespace KubeProxy.Bench;

/// <summary>The CPU as a folder name under bench/results: "amd-epyc-25-1" is model name, family and model.</summary>
internal static partial class CpuFolder
{
    public static string Name => NotPlain().Replace($"{Field("model name")} {Field("cpu family")} {Field("model")}".ToLowerInvariant(), "-").Trim('-');

    public static string Field(string name) => File.ReadLines("/proc/cpuinfo")
        .Select(line => line.Split(':', 2))
        .FirstOrDefault(words => words.Length == 2 && words[0].Trim() == name)?[1].Trim() ?? "unknown";

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotPlain();
}
