using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>Where and with what figures were measured.</summary>
internal static class Machine
{
    public static string CpuModel => $"{CpuFolder.Field("model name")} (family {CpuFolder.Field("cpu family")}, model {CpuFolder.Field("model")}), {Environment.ProcessorCount} virtual CPUs";

    /// <summary>Name and value of everything that a figure depends on.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Describe(string vppVersion, string vppCpu) =>
    [
        new("CPU", CpuModel),
        new("TSC", Field(vppCpu, "Base frequency")),
        new("kernel", RuntimeInformation.OSDescription),
        new("VPP", $"{Field(vppVersion, "Version")}, {Field(vppVersion, "Compiler")}"),
        new(".NET", RuntimeInformation.FrameworkDescription),
        new("ILCompiler", IlCompiler()),
        new("C compiler of the plugin's C file", Tool.Find("gcc") is null ? "none" : Tool.Run("gcc", "--version").Split('\n')[0]),
        new("plugin", $"{Revision()}, SHA-256 {Hash()}"),
    ];

    private static string Field(string text, string name) =>
        text.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";

    private static string IlCompiler()
    {
        string file = Path.Combine(Artifacts.RepositoryRoot, "src", "KubeProxy.Plugin", "packages.lock.json");
        if (!File.Exists(file))
            return "unknown";
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
        return document.RootElement.GetProperty("dependencies").EnumerateObject()
            .Where(target => target.Value.TryGetProperty("Microsoft.DotNet.ILCompiler", out _))
            .Select(target => target.Value.GetProperty("Microsoft.DotNet.ILCompiler").GetProperty("resolved").GetString())
            .FirstOrDefault() ?? "unknown";
    }

    private static string Revision() => Tool.Try("git", "-C", Artifacts.RepositoryRoot, "describe", "--always", "--dirty") is { ExitCode: 0 } result
        ? result.Output.Trim()
        : "unknown revision";

    private static string Hash()
    {
        using FileStream file = File.OpenRead(Artifacts.Plugin);
        return Convert.ToHexString(SHA256.HashData(file))[..16].ToLower(CultureInfo.InvariantCulture);
    }
}
