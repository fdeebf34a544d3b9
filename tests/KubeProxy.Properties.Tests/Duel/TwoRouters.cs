using System.Net;
using KubeProxy.Core.Tests.Pipeline;
using KubeProxy.Oracle;
using KubeProxy.Properties.Tests.Generators;
using KubeProxy.Properties.Tests.Setup;

namespace KubeProxy.Properties.Tests.Duel;

/// <summary>Options of a service in a scenario.</summary>
public sealed record ServiceSpec(int Protocol, int Port, int TargetPort)
{
    public int TableLength { get; init; } = 64;

    public int AffinitySeconds { get; init; }

    public IPAddress? Masquerade { get; init; }

    public bool OutsideOnly { get; init; }

    public int NodePort { get; init; }
}

/// <summary>The shipped code and the oracle, configured alike: the one by the lines that users type, the other by the documents' words.</summary>
public sealed class TwoRouters : IDisposable
{
    private readonly Dictionary<PlainPod, long> _deadlines = [];

    public TwoRouters(DataPathOptions? options = null)
    {
        Real = new RealRouter(options);
        Plain = new PlainRouter { RouterIp4 = RealRouter.RouterIp4, RouterIp6 = RealRouter.RouterIp6 };
        foreach (IPAddress address in World.Own) _ = Plain.Own.Add(address);
    }

    public RealRouter Real { get; }

    public PlainRouter Plain { get; }

    /// <summary>The lines typed so far.</summary>
    public IList<string> Lines { get; } = [];

    public PlainService AddService(PlainVip vip, ServiceSpec spec)
    {
        string words = $"{Words(vip, spec.Protocol, spec.Port)}{(spec.TargetPort == PlainService.Every ? "" : $" target_port {spec.TargetPort}")} new_len {spec.TableLength}";
        if (vip.Kind != VipKind.Plain) words += vip.Kind == VipKind.Nat46 ? " nat46" : " nat64";
        if (spec.NodePort > 0) words += $" node_port {spec.NodePort}";
        if (spec.AffinitySeconds > 0) words += $" affinity {spec.AffinitySeconds}";
        if (spec.Masquerade != null) words += $" masquerade {spec.Masquerade}{(spec.OutsideOnly ? " outside" : "")}";
        Type($"kube-proxy vip {words}");
        int target = spec.Port == PlainService.Every ? PlainService.Every : spec.TargetPort == PlainService.Every ? spec.Port : spec.TargetPort;
        return Plain.AddService(vip, new PlainService(vip, spec.Protocol, spec.Port, target)
        {
            AffinitySeconds = spec.AffinitySeconds,
            NodePort = spec.NodePort,
            Masquerade = spec.Masquerade,
            MasqueradesOutsideOnly = spec.OutsideOnly,
        });
    }

    public void DeleteService(PlainService service)
    {
        Type($"kube-proxy vip {Words(service.Vip, service.Protocol, service.Port)} del");
        Plain.DeleteService(service);
    }

    public void AddAlias(PlainVip vip, IPNetwork prefix)
    {
        Type($"kube-proxy vip {prefix} same_as {vip.Prefix}");
        vip.Others.Add(prefix);
    }

    public void DeleteAlias(PlainVip vip, IPNetwork prefix)
    {
        Type($"kube-proxy vip {prefix} same_as {vip.Prefix} del");
        _ = vip.Others.Remove(prefix);
        Plain.Sessions.ForgetAddresses(prefix);
    }

    public void AddPod(PlainService service, IPAddress address, int? weight = null)
    {
        PlainPod? known = service.Pods.FirstOrDefault(pod => pod.Address.Equals(address) && !pod.Gone);
        if (known is { Removed: false, Draining: false } && weight == null) return;
        Type($"kube-proxy pod {Words(service)} {address}{(weight == null ? "" : $" weight {weight}")}");
        PlainPod pod = Plain.AddPod(service, address, weight ?? 1);
        if (weight != null) Plain.SetWeight(pod, weight.Value);
        _ = _deadlines.Remove(pod);
    }

    public void Drain(PlainPod pod, int? seconds)
    {
        if (pod.Removed) return;
        Type($"kube-proxy pod {Words(pod.Service)} {pod.Address} drain{(seconds == null ? "" : $" {seconds}")}");
        Plain.Drain(pod);
        _ = _deadlines.Remove(pod);
        if (seconds != null) _deadlines[pod] = Plain.NowSeconds + seconds.Value;
        EndDrains();
    }

    public void RemovePod(PlainPod pod, int? seconds)
    {
        if (pod.Removed) return;
        Type($"kube-proxy pod {Words(pod.Service)} {pod.Address} del{(seconds == null ? "" : $" drain {seconds}")}");
        Plain.RemovePod(pod);
        if (seconds != null) _deadlines[pod] = Plain.NowSeconds + seconds.Value;
        EndDrains();
    }

    public void Flush()
    {
        Type("test kube-proxy flowtable flush");
        Plain.Flush();
    }

    public void SetTimeout(string kind, int seconds)
    {
        Type($"kube-proxy conf timeout {kind} {seconds}");
        if (kind == "udp") Plain.Timeouts.Udp = seconds;
        if (kind == "tcp") Plain.Timeouts.Tcp = seconds;
        if (kind == "tcp-opening") Plain.Timeouts.TcpOpening = seconds;
        if (kind == "tcp-closing") Plain.Timeouts.TcpClosing = seconds;
        if (kind == "icmp") Plain.Timeouts.Icmp = seconds;
    }

    /// <summary>Where pods of <c>nat46</c> VIPs see their clients; only while there is none.</summary>
    public void SetPrefix64(IPNetwork prefix)
    {
        Type($"kube-proxy conf prefix64 {prefix}");
        Plain.Prefix64 = prefix;
    }

    /// <summary>So few that sessions meet each other's.</summary>
    public void SetSourcePorts(int first, int last)
    {
        Type($"kube-proxy conf masquerade-ports {first}-{last}");
        (Plain.FirstSourcePort, Plain.LastSourcePort, Plain.PortsMayBeShort) = (first, last, true);
    }

    public void RefuseNoUdpChecksum(bool refuse)
    {
        Type($"kube-proxy conf nat46-zero-udp-checksum {(refuse ? "reject" : "compute")}");
        Plain.RefusesNoUdpChecksum = refuse;
    }

    public void SetMtu(IPAddress pod, int mtuBytes)
    {
        Real.SetMtu(pod, (uint)mtuBytes);
        Plain.MtuBytes[pod] = mtuBytes;
    }

    public void Pass(int seconds)
    {
        Lines.Add($"({seconds} s pass)");
        Real.Pass((uint)seconds);
        Plain.NowSeconds += seconds;
        EndDrains();
    }

    public void Dispose() => Real.Dispose();

    /// <summary>Time to drain is over: the pod is taken out with the sessions that are left.</summary>
    private void EndDrains()
    {
        foreach (PlainPod pod in _deadlines.Where(pair => pair.Value <= Plain.NowSeconds).Select(pair => pair.Key).ToArray())
        {
            _ = _deadlines.Remove(pod);
            pod.Gone = true;
            Plain.Sessions.ForgetGone();
        }
    }

    private void Type(string line)
    {
        Lines.Add(line);
        string answer = Real.Type(line);
        if (answer.StartsWith("error:", StringComparison.Ordinal)) throw new DifferenceException($"{line}\n{answer}");
    }

    private static string Words(PlainService service) => Words(service.Vip, service.Protocol, service.Port);

    private static string Words(PlainVip vip, int protocol, int port)
    {
        string name = protocol switch { IpProtocol.Tcp => "tcp", IpProtocol.Udp => "udp", IpProtocol.Sctp => "sctp", _ => "any" };
        return $"{vip.Prefix}{(port == PlainService.Every ? "" : $" port {port}")} protocol {name}";
    }
}
