using System.Text;
using KubeProxy.Host.Dpo;
using KubeProxy.Host.Fib;
using KubeProxy.Host.Ip;
using KubeProxy.Host.Vnet;

namespace KubeProxy.Host.Cli;

internal static class RouteCommands
{
    internal static void Register(CommandTree tree)
    {
        HostCommands.Add(tree, "ip route", "ip route add|del <prefix> via <next hop> [<interface>]", Route);
        HostCommands.Add(tree, "show ip fib", "show ip fib [<prefix>]", (arguments, output) => Show(arguments, output, isIp6: false));
        HostCommands.Add(tree, "show ip6 fib", "show ip6 fib [<prefix>]", (arguments, output) => Show(arguments, output, isIp6: true));
        HostCommands.Add(tree, "show ip neighbors", "show ip neighbors", ShowNeighbours);
    }

    private static void Route(CliArguments arguments, StringBuilder output)
    {
        bool isDelete = arguments.TryWord("del");
        if (!isDelete)
            arguments.TryWord("add");
        IpPrefix prefix = arguments.Prefix("a prefix");
        if (!arguments.TryWord("via"))
            throw arguments.IsEnd ? new CliException("expected via <next hop>") : arguments.Unknown();
        IpAddr nextHop = arguments.Address("a next hop");
        Interface? itf = arguments.IsEnd ? null : HostCommands.Interface(arguments);
        arguments.ExpectEnd();
        if (nextHop.IsIp6 != prefix.IsIp6)
            throw new CliException($"{prefix} cannot go via {nextHop}");
        Change(prefix, new Forwarding(itf is null ? ForwardingKind.Recursive : ForwardingKind.AttachedNextHop, itf, nextHop), isDelete);
    }

    private static void Change(IpPrefix prefix, Forwarding forwarding, bool isDelete)
    {
        FibSource? known = FibTable.FindExact(prefix.Network)?.Find(FibSources.Cli);
        if (isDelete && known?.Forwarding != forwarding)
            throw new CliException($"no such route: {prefix} via {forwarding.NextHop}");
        if (!isDelete && known is not null && known.Forwarding != forwarding)
            throw new CliException($"{prefix} has a route via {known.Forwarding.NextHop} already: the embedded host takes one path per prefix");
        if (isDelete)
            FibTable.RemoveSource(prefix, FibSources.Cli);
        else if (known is null)
            FibTable.AddSource(prefix, FibSources.Cli, forwarding);
    }

    private static void Show(CliArguments arguments, StringBuilder output, bool isIp6)
    {
        IEnumerable<FibEntry> entries = FibTable.All.Where(e => e.Prefix.IsIp6 == isIp6);
        if (!arguments.IsEnd)
            entries = Find(arguments.Prefix("a prefix"));
        arguments.ExpectEnd();
        foreach (FibEntry entry in entries.OrderBy(e => e.Prefix.Address.Value).ThenBy(e => e.Prefix.Length))
        {
            output.Append(entry.Prefix).Append(' ').Append(Describe(entry))
                .Append(" (").AppendJoin(", ", entry.Sources.Select(s => FibSources.Name(s.Source))).Append(")\n");
        }
    }

    /// <summary>The entry of a prefix, or the one that an address is forwarded by.</summary>
    private static FibEntry[] Find(IpPrefix prefix)
    {
        FibEntry? entry = prefix.IsHost ? FibTable.FindLongest(prefix.Address) : FibTable.FindExact(prefix.Network);
        return entry is null ? [] : [entry];
    }

    private static unsafe string Describe(FibEntry entry) => DpoTypes.Describe(*LoadBalances.Bucket(entry.LoadBalance));

    private static void ShowNeighbours(CliArguments arguments, StringBuilder output)
    {
        arguments.ExpectEnd();
        foreach (Neighbour neighbour in Neighbours.All)
            output.Append($"{neighbour.Address} {neighbour.Mac} {neighbour.Interface.Name}{(neighbour.IsStatic ? " static" : "")}\n");
    }
}
