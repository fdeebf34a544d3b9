using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Demo;

/// <summary>VPP where there is one, else the embedded host.</summary>
internal static class HostChoice
{
    private static readonly VppOptions Vpp = new() { Plugins = ["af_packet", "ping"] };

    /// <summary>Null when the named host can run here, else the reason.</summary>
    public static string? Missing(string name) => name switch
    {
        "vpp" => VppHost.Missing(Vpp),
        "embedded" => KuHost.Missing,
        _ => VppHost.Missing(Vpp) is { } vpp && KuHost.Missing is { } embedded ? $"{vpp}; {embedded}" : null,
    };

    public static IPacketHost Start(string name)
    {
        string? noVpp = name == "embedded" ? "it was asked for" : VppHost.Missing(Vpp);
        if (noVpp is null)
            return VppHost.Start(Vpp);
        Console.WriteLine($"Using the embedded host: {noVpp}.");
        return KuHost.Start();
    }
}
