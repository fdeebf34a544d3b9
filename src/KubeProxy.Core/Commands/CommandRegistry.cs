using System.Net.Sockets;
using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary>
/// All commands. The host resolves the path, abbreviations included (<c>ku vip</c>), and hands over the rest of the line.
/// </summary>
public sealed class CommandRegistry
{
    /// <summary>The commands over a catalog.</summary>
    public CommandRegistry(ServiceCatalog catalog) => Commands =
    [
        new("kube-proxy conf", ConfCommand.Help, line => ConfCommand.Run(catalog, line)),
        new("kube-proxy vip", VipCommand.Help, line => VipCommand.Run(catalog, line)),
        new("kube-proxy pod", PodCommand.Help, line => PodCommand.Run(catalog, line)),
        new("kube-proxy set interface nat4", InterfaceCommand.Help4, line => InterfaceCommand.Run(catalog, AddressFamily.InterNetwork, line)),
        new("kube-proxy set interface nat6", InterfaceCommand.Help6, line => InterfaceCommand.Run(catalog, AddressFamily.InterNetworkV6, line)),
        new("show kube-proxy", ShowSummary.Help, line => ShowSummary.Run(catalog, line)),
        new("show kube-proxy vip", ShowVips.Help, line => ShowVips.Run(catalog, line)),
        new("show kube-proxy vips", ShowVips.HelpVips, line => ShowVips.Run(catalog, line)),
        new("show kube-proxy sessions", ShowSessions.Help, line => ShowSessions.Run(catalog, line)),
        new("show kube-proxy why", ShowWhy.Help, line => ShowWhy.Run(catalog, line)),
        new("show kube-proxy memory", ShowMemory.Help, line => ShowMemory.Run(catalog, line)),
        new("show kube-proxy runtime", ShowRuntime.Help, ShowRuntime.Run),
        new("test kube-proxy flowtable flush", FlushCommand.Help, line => FlushCommand.Run(catalog, line)),
    ];

    /// <summary>Each with its path, help and function.</summary>
    public IReadOnlyList<Command> Commands { get; }
}
