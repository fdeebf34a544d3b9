using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>This repository's plugin.</summary>
internal sealed class KubeProxyContender(Site site) : Contender(site)
{
    public const string ContenderName = "kube-proxy";

    public override string Name => ContenderName;

    public override IReadOnlyList<string> ForwardNodes => [$"kp{Site.Digit}-nat{Site.Digit}"];

    public override IReadOnlyList<string>? ReturnNodes => [$"kp-nat{Site.Digit}-in2out"];

    public override void Configure(MeasuredVpp vpp, TableSize size)
    {
        vpp.Do($"kube-proxy conf buckets {size.Buckets} timeout {TableSize.TimeoutSeconds}");
        vpp.Do($"kube-proxy vip {Site.VipPrefix} port {Site.Port} protocol {Site.ProtocolName} new_len 1024");
        vpp.Do($"kube-proxy pod {Site.VipPrefix} port {Site.Port} protocol {Site.ProtocolName} {string.Join(' ', Site.Pods)}");
        vpp.Do($"kube-proxy set interface nat{Site.Digit} in {Site.PodInterface}");
    }

    public override long? CountSessions(MeasuredVpp vpp) => NumberAfter(vpp.Cli("show kube-proxy"), $"ip{Site.Digit} sessions");
}
