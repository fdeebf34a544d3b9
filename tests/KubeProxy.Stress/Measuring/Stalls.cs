using System.Globalization;
using System.Text.RegularExpressions;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Stress.Measuring;

/// <summary>How long the plugin's nodes kept a thread at most, as VPP's own clock tells (<c>show runtime max</c>).</summary>
public static partial class Stalls
{
    public static void Clear(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        host.Cli("clear runtime");
    }

    /// <summary>The longest call of any of the nodes on any thread but the main one of a VPP with workers, in milliseconds.</summary>
    public static double LongestMilliseconds(IPacketHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        string[] threads = Thread().Split(host.Cli("show runtime max"));
        IEnumerable<string> forwarding = host.WorkerCount == 0 ? threads : threads.Where(text => text.Contains("vpp_wk", StringComparison.Ordinal));
        double clocks = forwarding.SelectMany(text => Row().Matches(text)).Select(row => double.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture)).DefaultIfEmpty(-1).Max();
        return clocks < 0 ? throw new TestbedException("none of the nodes ran") : clocks / ClocksPerMillisecond(host);
    }

    private static double ClocksPerMillisecond(IPacketHost host)
    {
        Match match = Frequency().Match(host.Cli("show cpu"));
        return match.Success ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * 1e6 : throw new TestbedException("'show cpu' tells no frequency");
    }

    [GeneratedRegex(@"^kp\d?-\S+\s+([0-9.]+e[-+0-9]+)\s+[1-9]", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^(?=Thread \d)", RegexOptions.Multiline)]
    private static partial Regex Thread();

    [GeneratedRegex(@"Base frequency:\s+([0-9.]+) GHz")]
    private static partial Regex Frequency();
}
