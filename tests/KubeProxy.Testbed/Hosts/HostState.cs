using System.Text.RegularExpressions;

namespace KubeProxy.Testbed.Hosts;

/// <summary>All that commands can change, as text: equal texts are equal states.</summary>
public static partial class HostState
{
    public static string Of(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        string summary = WithoutWhatPasses(host.Cli("show ku"));
        return string.Join('\n', summary, host.Cli("show ku vip verbose"), RoutingTable.Of(host, isIp6: false), RoutingTable.Of(host, isIp6: true));
    }

    /// <summary>What <c>show ku</c> prints, without what moves by itself.</summary>
    public static string WithoutWhatPasses(string summary) => Passing().Replace(summary, "");

    /// <summary>
    /// What moves by itself: slots of pods that are gone are given back later, when no session names them any more, and a pod
    /// that drains has less time left every second.
    /// </summary>
    [GeneratedRegex(@"pod slots\s+\d+ of|, \d+ seconds left")]
    private static partial Regex Passing();
}
