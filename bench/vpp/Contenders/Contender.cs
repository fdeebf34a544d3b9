using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>One who does the work to be measured: which nodes are his, how he is configured, how his sessions are counted.</summary>
internal abstract class Contender(Site site)
{
    public abstract string Name { get; }

    public Site Site { get; } = site;

    /// <summary>VPP's plugin that he is, without "_plugin.so"; null for none.</summary>
    public virtual string? Plugin => null;

    /// <summary>His section of VPP's start-up file.</summary>
    public virtual string Startup => "";

    /// <summary>The nodes whose clocks are his, client to pod.</summary>
    public abstract IReadOnlyList<string> ForwardNodes { get; }

    /// <summary>The nodes whose clocks are his, pod to client; null where he has no such path.</summary>
    public abstract IReadOnlyList<string>? ReturnNodes { get; }

    /// <summary>Where the forward packets are addressed to.</summary>
    public virtual string Destination => Site.Vip.ToString();

    /// <summary>Makes the service: one VIP, four pods, tables with room for the flows.</summary>
    public abstract void Configure(MeasuredVpp vpp, TableSize size);

    /// <summary>Sessions that he holds; null where he cannot tell or holds none.</summary>
    public virtual long? CountSessions(MeasuredVpp vpp) => null;

    /// <summary>The number behind a word of a command's output.</summary>
    protected static long NumberAfter(string text, string word)
    {
        Match match = Regex.Match(text, Regex.Escape(word) + @"\s*(\d+)", RegexOptions.CultureInvariant);
        return match.Success ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }
}

/// <summary>
/// Session tables for so many flows: buckets of four entries for both, at most half full, and never fewer than lb's default.
/// </summary>
internal sealed record TableSize(int FlowCount, int Buckets)
{
    public const int TimeoutSeconds = 3600;
    private const int LeastBuckets = 1024;

    public static TableSize For(int flowCount) =>
        new(flowCount, Math.Max(LeastBuckets, (int)BitOperations.RoundUpToPowerOf2((uint)(flowCount + 1) / 2)));
}
