using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>VPP's cnat plugin, forward only. Its number of clients is that of the flow set's addresses: few.</summary>
internal sealed class CnatContender(Site site) : Contender(site)
{
    public const string ContenderName = "cnat";

    public override string Name => ContenderName;

    public override string? Plugin => "cnat";

    public override string Startup => "cnat { session-max 4000000 session-max-age 3000 client-db-memory 512M scanner off }";

    public override IReadOnlyList<string> ForwardNodes => [$"ip{Site.Digit}-cnat-tx", $"ip{Site.Digit}-load-balance"];

    public override IReadOnlyList<string>? ReturnNodes => null;

    public override void Configure(MeasuredVpp vpp, TableSize size)
    {
        IEnumerable<string> pods = Site.Pods.Select(pod => $"to ->{pod} {Site.Port}");
        vpp.Do($"cnat translation add proto {Site.ProtocolName} vip {Site.Vip} {Site.Port} maglev {string.Join(' ', pods)}");
    }
}
