using System.Net;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>
/// One family's services for random questions: what a packet to them can meet.
/// <code>
///   first address   80 → 8080 pods 1-4 · 81 no pods · 443 pods 2, 5     and an alias of it
///   second address  53/udp pods 6 (weight 0), 7 · 90 affinity, pods 1-3
///   prefix          every port, pods 8, 9
/// </code>
/// </summary>
public sealed class WhyCluster : IDisposable
{
    private static readonly int[] Ports = [80, 81, 443, 53, 90];
    private readonly Cluster _cluster;
    private readonly Lab _lab;
    private readonly Family _family;
    private readonly Service _web;
    private readonly Service _secure;
    private readonly IPAddress[] _addresses;
    private readonly string _alias;

    public WhyCluster(Cluster cluster, Lab lab, Family family)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(lab);
        (_cluster, _lab, _family) = (cluster, lab, family);
        bool isIp4 = family == Family.Ip4;
        string second = isIp4 ? "90.7.7.7/32" : "2003::7777/128";
        _web = cluster.Add(family, 80, targetPort: 8080);
        cluster.Add(family, 81, pods: []);
        _secure = cluster.Add(family, 443, pods: [new Pod(2), new Pod(5)]);
        Service dns = cluster.Add(family, 53, "udp", prefix: second, pods: [new Pod(6), new Pod(7)]);
        lab.Type($"ku pod {dns.Key} {new Pod(6).Address(family)} weight 0");
        cluster.Add(family, 90, prefix: second, pods: Pod.First(3), options: "affinity 600");
        cluster.AddPrefix(family, isIp4 ? "90.64.0.0/10" : "2003:64::/32", [new Pod(8), new Pod(9)]);
        _alias = isIp4 ? "192.0.2.10" : "2003::10";
        lab.Type($"ku vip {_alias} same_as {_web.Prefix}");
        string[] inside = isIp4 ? ["90.64.0.1", "90.127.255.254"] : ["2003:64::1", "2003:64:ffff::9"];
        _addresses = [_web.Vip.Address, _web.Vip.Address, dns.Vip.Address, IPAddress.Parse(_alias), .. inside.Select(IPAddress.Parse)];
    }

    /// <summary>Each number is a client of its own: no packet's fate hangs on another's of the same batch.</summary>
    public Flow RandomFlow(Random random, int number)
    {
        ArgumentNullException.ThrowIfNull(random);
        Transport transport = random.Next(2) == 0 ? Transport.Tcp : Transport.Udp;
        int port = random.Next(4) == 0 ? random.Next(1, 65536) : Ports[random.Next(Ports.Length)];
        return new Flow(transport, Lab.Client(_family, number), new IPEndPoint(_addresses[random.Next(_addresses.Length)], port));
    }

    /// <summary>Has a flow that reached this pod, or none, a session after the change? Those over UDP on the pod that goes have not.</summary>
    public static bool RemembersAfterChange(Flow flow, IPEndPoint? pod) =>
        pod is not null && (flow.Transport == Transport.Tcp || !pod.Equals(new Pod(1).At(flow.IsIp6 ? Family.Ip6 : Family.Ip4, 8080)));

    /// <summary>A pod drains, one goes, one comes: sessions and choices of new flows part.</summary>
    public void Change()
    {
        _lab.Type($"ku pod {_secure.Key} {new Pod(5).Address(_family)} drain");
        _cluster.Remove(_web, new Pod(1));
        _cluster.AddPods(_web, new Pod(10));
    }

    public void Dispose() => _lab.Type($"ku vip {_alias} del");
}
