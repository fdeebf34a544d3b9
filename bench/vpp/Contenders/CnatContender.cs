using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>VPP's cnat plugin. Its number of clients is that of the flow set's addresses: few. It keeps two sessions a flow, one a direction.</summary>
internal sealed partial class CnatContender(Site site) : Contender(site)
{
    public const string ContenderName = "cnat";
    private const int LeastSessions = 1 << 20;
    private const int MaglevPrime = 1009;
    private const int LargeMaglevPrime = 65537;
    private static readonly TimeSpan FlushLimit = TimeSpan.FromMinutes(2);

    public override string Name => ContenderName;

    public override string? Plugin => "cnat";

    /// <summary>A session takes half a kilobyte of VPP's heap.</summary>
    public override int MostFlows => 4_000_000;

    public override IReadOnlyList<string> ForwardNodes => [$"ip{Site.Digit}-cnat-tx", $"ip{Site.Digit}-load-balance"];

    public override IReadOnlyList<string>? ReturnNodes => [$"ip{Site.Digit}-cnat-tx"];

    public override string Startup(TableSize size) =>
        $"cnat {{ session-max {Math.Max(LeastSessions, 2 * size.FlowCount)} session-max-age {size.TimeoutSeconds} client-db-memory 512M "
        + $"session-cleanup-timeout 0.0001 scanner off maglev-len {(size.PodSlots > MaglevPrime + 15 ? LargeMaglevPrime : MaglevPrime)} }}";

    public override void Configure(MeasuredVpp vpp, TableSize size) => AddTranslations(vpp);

    public override long? CountSessions(MeasuredVpp vpp)
    {
        Match match = ActiveElements().Match(vpp.Cli("show cnat session"));
        return match.Success ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) / 2 : 0;
    }

    /// <summary>
    /// Only the binary API has a purge, which would take the translations too. Without their translation the scanner
    /// deletes sessions, a tenth of a millisecond at a time.
    /// </summary>
    public override void Flush(MeasuredVpp vpp)
    {
        foreach (Match translation in Translation().Matches(vpp.Cli("show cnat translation")).Reverse())
            vpp.Do($"cnat translation del {translation.Groups[1].Value}");
        vpp.Do("test cnat scanner on");
        Wait.Until(() => CountSessions(vpp) == 0, FlushLimit, "cnat to forget its sessions");
        vpp.Do("test cnat scanner off");
        AddTranslations(vpp);
    }

    private void AddTranslations(MeasuredVpp vpp)
    {
        foreach (IPEndPoint vip in Site.Vips)
        {
            IEnumerable<string> pods = Site.Pods.Select(pod => $"to ->{pod} {vip.Port}");
            vpp.Do($"cnat translation add proto {Site.ProtocolName} vip {vip.Address} {vip.Port} maglev {string.Join(' ', pods)}");
        }
    }

    [GeneratedRegex(@"(\d+) active elements")]
    private static partial Regex ActiveElements();

    [GeneratedRegex(@"^\[(\d+)\] ", RegexOptions.Multiline)]
    private static partial Regex Translation();
}
