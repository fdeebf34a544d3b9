using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>One who does the work to be measured: which nodes are his, how he is configured, how his sessions are counted and forgotten.</summary>
internal abstract class Contender(Site site)
{
    public abstract string Name { get; }

    public Site Site { get; } = site;

    /// <summary>VPP's plugin that he is, without "_plugin.so"; null for none.</summary>
    public virtual string? Plugin => null;

    /// <summary>Flows beyond which he is left out.</summary>
    public virtual int MostFlows => int.MaxValue;

    /// <summary>The nodes whose clocks are his, client to pod.</summary>
    public abstract IReadOnlyList<string> ForwardNodes { get; }

    /// <summary>The nodes whose clocks are his, pod to client; null where he has no such path.</summary>
    public abstract IReadOnlyList<string>? ReturnNodes { get; }

    /// <summary>Where the forward packets are addressed to: addresses that follow each other.</summary>
    public virtual IReadOnlyList<IPAddress> Destinations => [.. Site.Vips.Select(vip => vip.Address)];

    /// <summary>Does what is no answer of a service come through his return path?</summary>
    public virtual bool PassesOthers => true;

    /// <summary>His section of VPP's start-up file.</summary>
    public virtual string Startup(TableSize size) => "";

    /// <summary>Makes the services, tables with room for the flows.</summary>
    public abstract void Configure(MeasuredVpp vpp, TableSize size);

    /// <summary>Sessions that he holds; null where he cannot tell or holds none.</summary>
    public virtual long? CountSessions(MeasuredVpp vpp) => null;

    /// <summary>Forgets all sessions, and has room for as many again.</summary>
    public virtual void Flush(MeasuredVpp vpp)
    {
        // Nothing to forget.
    }

    /// <summary>Where an answer must come from, seen by a client of a service.</summary>
    public virtual bool IsSource(IPEndPoint source, int vip) => Site.Vips[vip].Equals(source);

    /// <summary>The number behind a word of a command's output.</summary>
    protected static long NumberAfter(string text, string word)
    {
        Match match = Regex.Match(text, Regex.Escape(word) + @"\s*(\d+)", RegexOptions.CultureInvariant);
        return match.Success ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Addresses in pieces that a command line has room for.</summary>
    protected static IEnumerable<string> Lines(IEnumerable<IPAddress> addresses) => addresses.Chunk(64).Select(few => string.Join(' ', few.AsEnumerable()));
}
