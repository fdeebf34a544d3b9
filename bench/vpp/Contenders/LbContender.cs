using System.Net;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Contenders;

/// <summary>
/// VPP's lb plugin. UDP only (it drops TCP), target port equal to port (it leaves the port out of the checksum). Its
/// packets go through a load balance object on their way to the pod's adjacency: that node is part of its cost.
/// </summary>
internal sealed class LbContender(Site site) : Contender(site)
{
    public const string ContenderName = "lb";

    public override string Name => ContenderName;

    public override string? Plugin => "lb";

    public override IReadOnlyList<string> ForwardNodes => [$"lb{Site.Digit}-nat{Site.Digit}-port", $"ip{Site.Digit}-load-balance"];

    public override IReadOnlyList<string>? ReturnNodes => [$"lb-nat{Site.Digit}-in2out"];

    /// <summary>lb-nat4-in2out drops what comes from no pod of its services.</summary>
    public override bool PassesOthers => false;

    public override void Configure(MeasuredVpp vpp, TableSize size)
    {
        if (Site.Protocol != Transport.Udp)
            throw new TestbedException("lb drops TCP: measure it with UDP, or TCP without it");
        vpp.Do($"lb conf ip{Site.Digit}-src-address {Site.Own} buckets {size.Buckets} timeout {size.TimeoutSeconds}");
        foreach (IPEndPoint vip in Site.Vips)
        {
            string service = $"{Site.Prefix(vip)} protocol udp port {vip.Port}";
            vpp.Do($"lb vip {service} encap nat{Site.Digit} type clusterip target_port {vip.Port} new_len {size.PodSlots}", mayStartWith: "lb_vip_add ok");
            foreach (string pods in Lines(Site.Pods))
                vpp.Do($"lb as {service} {pods}");
        }

        vpp.Do($"lb set interface nat{Site.Digit} in {Site.PodInterface}");
    }

    public override long? CountSessions(MeasuredVpp vpp) => NumberAfter(vpp.Cli("show lb"), "usage:");

    /// <summary>
    /// Frees the table; the next packet makes a new one. ("lb flush vip" keeps the table, and the forgotten entries
    /// occupy it until their timeout.)
    /// </summary>
    public override void Flush(MeasuredVpp vpp) => vpp.Do("test lb flowtable flush");
}
