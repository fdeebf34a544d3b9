using System.Text;
using KubeProxy.Host.Border;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;

namespace KubeProxy.Host.Cli;

internal static class ShowCommands
{
    internal static void Register(CommandTree tree)
    {
        HostCommands.Add(tree, "show errors", "show errors", ShowErrors);
        HostCommands.Add(tree, "show node counters", "show node counters", ShowErrors);
        HostCommands.Add(tree, "clear errors", "clear errors", (_, _) => Errors.Clear());
        HostCommands.Add(tree, "clear node counters", "clear node counters", (_, _) => Errors.Clear());
        HostCommands.Add(tree, "show version", "show version", (_, o) =>
            o.Append($"ku-host, embedded host for VPP {PluginLoader.VppVersion} plugins (not VPP)\n"));
        HostCommands.Add(tree, "show plugins", "show plugins", ShowPlugins);
        HostCommands.Add(tree, "show interface", "show interface [<interface>]", ShowInterface);
        HostCommands.Add(tree, "show hardware-interfaces", "show hardware-interfaces [<interface>]", ShowHardware);
        HostCommands.Add(tree, "show buffers", "show buffers", ShowBuffers);
        HostCommands.Add(tree, "show runtime", "show runtime", ShowRuntime);
    }

    private static void ShowErrors(CliArguments arguments, StringBuilder output)
    {
        output.Append($"{Centre("Count", 10)}{Centre("Node", 35)}{Centre("Reason", 35)}{Centre("Severity", 10)}\n");
        foreach (ErrorCount e in Errors.Counts())
            output.Append($"{e.Count,10}{Centre(e.Node, 35)}{Centre(e.Reason, 35)}{Centre(e.Severity, 10)}\n");
    }

    private static void ShowPlugins(CliArguments arguments, StringBuilder output)
    {
        LoadedPlugin plugin = PluginLoader.Loaded!;
        output.Append($" Plugin path is: {Path.GetDirectoryName(plugin.Path)}\n\n");
        output.Append($"     {"Plugin",-41}{"Version",-33}Description\n");
        output.Append($"  1. {Path.GetFileName(plugin.Path),-41}{plugin.Version,-33}{plugin.Description}\n");
    }

    private static IEnumerable<Interface> Selected(CliArguments arguments) =>
        arguments.IsEnd ? Interfaces.All : [HostCommands.Interface(arguments)];

    private static void ShowInterface(CliArguments arguments, StringBuilder output)
    {
        output.Append($"{"Name",-32}{"Idx",5}{"State",8}{"MTU",8}     {"Counter",-16}{"Count",16}\n");
        foreach (Interface itf in Selected(arguments))
        {
            output.Append($"{itf.Name,-32}{itf.SwIfIndex,5}{(itf.IsUp ? "up" : "down"),8}{itf.Mtu,8}\n");
            AppendCounter(output, "rx packets", itf.Received.Packets);
            AppendCounter(output, "rx bytes", itf.Received.Bytes);
            AppendCounter(output, "tx packets", itf.Sent.Packets);
            AppendCounter(output, "tx bytes", itf.Sent.Bytes);
            AppendCounter(output, "drops", itf.Drops);
            foreach (IpPrefix address in itf.Addresses)
                output.Append($"  L3 {address}\n");
        }
    }

    private static void AppendCounter(StringBuilder output, string name, ulong count)
    {
        if (count != 0)
            output.Append($"{"",58}{name,-16}{count,16}\n");
    }

    private static void ShowHardware(CliArguments arguments, StringBuilder output)
    {
        output.Append($"{"Name",-32}{"Idx",5}{"Link",7}  Hardware\n");
        foreach (Interface itf in Selected(arguments))
        {
            output.Append($"{itf.Name,-32}{itf.SwIfIndex,5}{(itf.IsUp ? "up" : "down"),7}  {itf.Name}\n");
            if (itf.Mac.Value != 0)
                output.Append($"  Ethernet address {itf.Mac}\n");
        }
    }

    private static void ShowBuffers(CliArguments arguments, StringBuilder output)
    {
        output.Append($"{"Pool Name",-20}{"Index",6}{"NUMA",6}{"Size",6}{"Data Size",11}{"Total",8}{"Avail",8}{"Cached",8}{"Used",8}\n");
        output.Append($"{"default-numa-0",-20}{0,6}{0,6}{BufferPool.BufferBytes,6}{BufferPool.DataBytes,11}{BufferPool.Count,8}"
            + $"{BufferPool.Available,8}{0,8}{BufferPool.Count - BufferPool.Available,8}\n");
    }

    private static void ShowRuntime(CliArguments arguments, StringBuilder output)
    {
        output.Append($"{"Name",-32}{"Calls",16}{"Vectors",16}\n");
        foreach (GraphNode node in Graph.Nodes.Where(n => n.Calls + n.Vectors > 0))
            output.Append($"{node.Name,-32}{node.Calls,16}{node.Vectors,16}\n");
    }

    /// <summary>VPP's %=Ns: centred in a field.</summary>
    private static string Centre(string text, int width)
    {
        int left = Math.Max(0, (width - text.Length) / 2);
        return (new string(' ', left) + text).PadRight(width);
    }
}
