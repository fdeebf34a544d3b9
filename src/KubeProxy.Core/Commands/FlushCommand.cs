using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary><c>test kube-proxy flowtable flush</c>: forgets every session.</summary>
internal static class FlushCommand
{
    /// <summary>Its grammar.</summary>
    public const string Help = "test kube-proxy flowtable flush";

    /// <summary>Does what the line says.</summary>
    public static string Run(ServiceCatalog catalog, string line)
    {
        new WordReader(line).End();
        catalog.FlushSessions();
        return string.Empty;
    }
}
