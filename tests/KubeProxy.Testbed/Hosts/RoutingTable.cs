using System.Text.RegularExpressions;

namespace KubeProxy.Testbed.Hosts;

/// <summary>What <c>show ip fib</c> says, without what differs between two equal states: indices, counts of packets, locks.</summary>
public static partial class RoutingTable
{
    /// <summary>The whole table, or one prefix of it.</summary>
    public static string Of(IPacketHost host, bool isIp6, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(host);
        string table = host.Cli($"show {(isIp6 ? "ip6" : "ip")} fib {prefix}".TrimEnd());
        return Passing().Replace(table, "");
    }

    [GeneratedRegex(@"to:\[\d+:\d+\]|via:\[\d+:\d+\]|locks:\d+|index:\d+|refs:\d+|uRPF:\d+|uRPF-list:\d+|path-list:\[\d+\]|path:\[\d+\]|\[@\d+\]|fib-entry:\d+")]
    private static partial Regex Passing();
}
