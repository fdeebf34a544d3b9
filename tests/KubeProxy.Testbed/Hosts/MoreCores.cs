namespace KubeProxy.Testbed.Hosts;

/// <summary>
/// Runs a program as if the machine had more cores, for tests of correctness: VPP refuses more workers than cores. It reads
/// the number from a sysfs file, which a private mount namespace replaces; pinning to a core that is not there is made to
/// succeed by a small preloaded library, compiled here from Native/pin.c.
/// </summary>
internal static class MoreCores
{
    private const string OnlineFile = "/sys/devices/system/cpu/online";
    private const string Script = "mount --bind \"$1\" " + OnlineFile + " && export LD_PRELOAD=\"$2\" && shift 2 && exec \"$@\"";

    /// <summary>Null when it can be done here, else the reason.</summary>
    public static string? Missing(int cores)
    {
        string why = $"the machine has {Environment.ProcessorCount} of the {cores} cores";
        if (!Tool.IsRoot)
            return $"{why}, and showing it more needs root";
        if (Compiler() is null)
            return $"{why}, and showing it more needs a C compiler";
        if (Tool.Find("unshare") is null)
            return $"{why}, and showing it more needs unshare (util-linux)";
        return Tool.Try("unshare", "-m", "true").ExitCode == 0 ? null : $"{why}, and this machine allows no private mount namespace";
    }

    /// <summary>The command that runs <paramref name="command"/> so; the process keeps its pid.</summary>
    public static string[] Wrap(RunDirectory directory, int cores, IReadOnlyList<string> command)
    {
        string online = directory.File("online");
        File.WriteAllText(online, $"0-{cores - 1}\n");
        string library = directory.File("pin.so");
        string source = Path.Combine(AppContext.BaseDirectory, "Native", "pin.c");
        Tool.Run(Compiler() ?? throw new TestbedException("no C compiler"), "-shared", "-fPIC", "-O2", source, "-o", library);
        return ["unshare", "-m", "sh", "-c", Script, "sh", online, library, .. command];
    }

    private static string? Compiler() => new[] { "cc", "gcc", "clang" }.Select(Tool.Find).FirstOrDefault(path => path is not null);
}
