using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>This repository's plugin.</summary>
internal sealed class KubeProxyContender(Site site, string name = KubeProxyContender.ContenderName) : Contender(site)
{
    public const string ContenderName = "kube-proxy";

    /// <summary>Ours with IPv6, beside IPv4 in one VPP.</summary>
    public const string Ip6Name = "kube-proxy-ip6";

    private TableSize? _size;

    public override string Name => name;

    public override IReadOnlyList<string> ForwardNodes => [$"kp{Site.Digit}-nat{Site.Digit}"];

    public override IReadOnlyList<string>? ReturnNodes => [$"kp-nat{Site.Digit}-in2out"];

    /// <summary>The line that gives the first service one more pod, which serves nothing else.</summary>
    public string OneMorePod => $"kube-proxy pod {Services.First()} {Site.Others[0]}";

    public override void Configure(MeasuredVpp vpp, TableSize size)
    {
        _size = size;
        vpp.Do($"kube-proxy conf buckets {size.Buckets} timeout {size.TimeoutSeconds}");
        AddVips(vpp);
        SetFeature(vpp, isOn: true);
    }

    /// <summary>Makes the services and gives them their pods.</summary>
    public void AddVips(MeasuredVpp vpp)
    {
        foreach (string service in Services)
        {
            vpp.Do($"kube-proxy vip {service} new_len {_size!.PodSlots}");
            foreach (string pods in Lines(Site.Pods))
                vpp.Do($"kube-proxy pod {service} {pods}");
        }
    }

    /// <summary>Deletes the services.</summary>
    public void DeleteVips(MeasuredVpp vpp)
    {
        foreach (string service in Services)
            vpp.Do($"kube-proxy vip {service} del");
    }

    /// <summary>Switches the translation of answers on the pods' interface.</summary>
    public void SetFeature(MeasuredVpp vpp, bool isOn) =>
        vpp.Do($"kube-proxy set interface nat{Site.Digit} in {Site.PodInterface}{(isOn ? "" : " del")}");

    public override long? CountSessions(MeasuredVpp vpp) => NumberAfter(vpp.Cli("show kube-proxy"), $"ip{Site.Digit} sessions");

    public override void Flush(MeasuredVpp vpp) => vpp.Do("test kube-proxy flowtable flush");

    private IEnumerable<string> Services => Site.Vips.Select(vip => $"{Site.Prefix(vip)} port {vip.Port} protocol {Site.ProtocolName}");
}
