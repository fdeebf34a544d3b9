namespace KubeProxy.Testbed.Hosts;

/// <summary>Where a VPP is installed: <c>$VPP_PREFIX</c>, then <c>/usr</c>, <c>/usr/local</c>, <c>/opt/vpp</c>.</summary>
public sealed record VppInstallation(string Program, string PluginFolder)
{
    public const string SupportedVersion = "26.06";
    private static readonly Lazy<(VppInstallation? Found, string Reason)> Search = new(Look);

    public static VppInstallation? Found => Search.Value.Found;

    /// <summary>Why there is none; fit for a skipped test.</summary>
    public static string MissingReason => Search.Value.Reason;

    /// <summary>Was this VPP built with a plugin of its own, named without "_plugin.so"?</summary>
    public bool Has(string plugin) => File.Exists(PluginFile(plugin));

    /// <summary>Where such a plugin lies.</summary>
    public string PluginFile(string plugin) => Path.Combine(PluginFolder, $"{plugin}_plugin.so");

    private static (VppInstallation? Found, string Reason) Look()
    {
        string[] prefixes = [Environment.GetEnvironmentVariable("VPP_PREFIX") ?? "", "/usr", "/usr/local", "/opt/vpp"];
        string reason = $"no VPP {SupportedVersion} in $VPP_PREFIX, /usr, /usr/local, /opt/vpp";
        foreach (string prefix in prefixes.Where(prefix => prefix.Length > 0))
        {
            string program = Path.Combine(prefix, "bin", "vpp");
            string? plugins = PluginFolderOf(prefix);
            if (!File.Exists(program) || plugins is null)
                continue;
            string version = Tool.Try(program, "--version") is { ExitCode: 0 } result ? result.Output.Trim() : "of unknown version";
            if (version.Contains($"v{SupportedVersion}", StringComparison.Ordinal))
                return (new VppInstallation(program, plugins), "");
            reason = $"{program} is '{version}', not {SupportedVersion}";
        }

        return (null, reason);
    }

    private static string? PluginFolderOf(string prefix)
    {
        string[] folders = ["lib/x86_64-linux-gnu/vpp_plugins", "lib64/vpp_plugins", "lib/vpp_plugins"];
        return folders.Select(folder => Path.Combine(prefix, folder)).FirstOrDefault(Directory.Exists);
    }
}
