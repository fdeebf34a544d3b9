namespace KubeProxy.Host;

/// <summary>The command line of the host.</summary>
internal sealed record HostOptions(string Plugin, string Socket, string? PidFile)
{
    /// <summary>Null if the arguments make no sense.</summary>
    internal static HostOptions? Parse(string[] arguments)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            if (arguments[i] is not ("--plugin" or "--socket" or "--pidfile") || !values.TryAdd(arguments[i], arguments[i + 1]))
                return null;
        }
        bool complete = arguments.Length % 2 == 0 && values.ContainsKey("--plugin") && values.ContainsKey("--socket");
        return complete ? new HostOptions(Path.GetFullPath(values["--plugin"]), values["--socket"], values.GetValueOrDefault("--pidfile")) : null;
    }
}
