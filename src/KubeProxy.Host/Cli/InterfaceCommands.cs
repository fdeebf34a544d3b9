using System.Text;
using KubeProxy.Host.Devices;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vnet;

namespace KubeProxy.Host.Cli;

internal static class InterfaceCommands
{
    internal static void Register(CommandTree tree)
    {
        HostCommands.Add(tree, "create packet-generator interface", "create packet-generator interface pg<n> [hw-addr <mac>]", CreatePg);
        HostCommands.Add(tree, "create host-interface", "create host-interface name <device> [hw-addr <mac>]", CreateHost);
        HostCommands.Add(tree, "set interface state", "set interface state <interface> up|down", SetState);
        HostCommands.Add(tree, "set interface ip address", "set interface ip address [del] <interface> <address>/<length>", SetAddress);
        HostCommands.Add(tree, "set ip neighbor", "set ip neighbor [del] <interface> <address> <mac> [static]", SetNeighbour);
    }

    private static void CreatePg(CliArguments arguments, StringBuilder output)
    {
        string name = arguments.Word("an interface name");
        if (!name.StartsWith("pg", StringComparison.Ordinal) || !uint.TryParse(name.AsSpan(2), out uint number))
            throw arguments.Back().Unknown();
        MacAddress mac = OptionalMac(arguments);
        name = $"pg{number}";
        if (Interfaces.Find(name) is null)
            PgInterface.Add(name, mac);
        output.Append(name).Append('\n');
    }

    private static void CreateHost(CliArguments arguments, StringBuilder output)
    {
        if (!arguments.TryWord("name"))
            throw arguments.IsEnd ? new CliException("missing host interface name") : arguments.Unknown();
        string device = arguments.Word("a device");
        MacAddress mac = OptionalMac(arguments);
        arguments.ExpectEnd();
        output.Append(HostInterfaces.Add(device, mac).Name).Append('\n');
    }

    private static MacAddress OptionalMac(CliArguments arguments) =>
        arguments.TryWord("hw-addr") ? arguments.Mac("a mac address") : MacAddress.Generate();

    private static void SetState(CliArguments arguments, StringBuilder output)
    {
        Interface itf = HostCommands.Interface(arguments);
        bool isUp = arguments.TryWord("up");
        if (!isUp && !arguments.TryWord("down"))
            throw arguments.Unknown();
        arguments.ExpectEnd();
        Interfaces.SetState(itf, isUp);
    }

    private static void SetAddress(CliArguments arguments, StringBuilder output)
    {
        bool isDelete = arguments.TryWord("del");
        Interface itf = HostCommands.Interface(arguments);
        IpPrefix address = arguments.Prefix("an address");
        arguments.ExpectEnd();
        if (isDelete && !Interfaces.TryRemoveAddress(itf, address))
            throw new CliException($"failed to delete {address}, not found for interface {itf.Name}");
        if (!isDelete && !Interfaces.TryAddAddress(itf, address))
            throw new CliException($"failed to add {address}, it is on interface {itf.Name} already");
    }

    private static void SetNeighbour(CliArguments arguments, StringBuilder output)
    {
        bool isDelete = arguments.TryWord("del");
        Interface itf = HostCommands.Interface(arguments);
        IpAddr address = arguments.Address("an address");
        MacAddress mac = arguments.IsEnd && isDelete ? default : arguments.Mac("a mac address");
        bool isStatic = arguments.TryWord("static");
        arguments.ExpectEnd();
        if (!isDelete)
            Neighbours.Set(itf, address, mac, isStatic);
        else if (!Neighbours.TryRemove(itf, address))
            throw new CliException($"no neighbor {address} on {itf.Name}");
    }
}
