using System.Net;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>Nobody: the same packets forwarded straight to the pods. What the others' whole path costs more is their service's price.</summary>
internal sealed class PlainContender(Site site) : Contender(site)
{
    public const string ContenderName = "plain";

    public override string Name => ContenderName;

    public override IReadOnlyList<string> ForwardNodes => [];

    public override IReadOnlyList<string>? ReturnNodes => [];

    public override IReadOnlyList<IPAddress> Destinations => Site.Pods;

    public override void Configure(MeasuredVpp vpp, TableSize size)
    {
        // Routes to the pods exist already.
    }

    public override bool IsSource(IPEndPoint source, int vip) => Site.Pods.Contains(source.Address) && source.Port == Site.Vips[vip].Port;
}
