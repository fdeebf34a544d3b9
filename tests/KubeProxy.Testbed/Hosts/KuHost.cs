namespace KubeProxy.Testbed.Hosts;

/// <summary>The embedded host as a process of our own.</summary>
public sealed class KuHost : PacketHost
{
    private KuHost() : base(new RunDirectory("kp-ku-"))
    {
    }

    public override string Name => "the embedded host";

    public override string CommandPrefix => $"{Artifacts.EmbeddedHost} ctl -s {SocketPath}";

    /// <summary>Null when it can run here, else the reason.</summary>
    public static string? Missing => Artifacts.Missing(Artifacts.EmbeddedHost) ?? Artifacts.Missing(Artifacts.Plugin);

    public static KuHost Start()
    {
        KuHost host = new();
        try
        {
            string plugin = host.RunDirectory.File("kubeproxy_plugin.so");
            File.Copy(Artifacts.Plugin, plugin);
            host.Launch(Artifacts.EmbeddedHost, ["--plugin", plugin, "--socket", host.SocketPath], telnet: false);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }
}
