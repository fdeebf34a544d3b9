using KubeProxy.Host.Ip;
using KubeProxy.Host.Nodes;
using KubeProxy.Host.Vnet;

namespace KubeProxy.Host.Devices;

/// <summary>All interfaces on Linux devices.</summary>
internal static class HostInterfaces
{
    private static readonly List<HostInterface> Known = [];

    private static InputNode _input = null!;

    internal static IReadOnlyList<HostInterface> All => Known;

    internal static void Initialize() => _input = InputNode.Register("af-packet-input");

    internal static Interface Add(string device, MacAddress mac)
    {
        string name = $"host-{device}";
        if (Interfaces.Find(name) is not null)
            throw new Cli.CliException("Interface already exists");
        HostInterface added = HostInterface.Open(device);
        added.Interface = Interfaces.Add(name, mac, added, Interface.DefaultMtu);
        Known.Add(added);
        return added.Interface;
    }

    internal static void Poll(HostInterface itf) => itf.Poll(_input);
}
