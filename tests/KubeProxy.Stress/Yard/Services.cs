namespace KubeProxy.Stress.Yard;

/// <summary>Services that lead packets through every node: both families, from each to the other, node ports, masquerade, every protocol.</summary>
public static class Services
{
    /// <summary>Addresses that clients send to, by family.</summary>
    public static IReadOnlyList<string> Vips(bool isIp6) => isIp6
        ? ["2003::3", "2003::4", "2003::5", "2003::6", "fd01::1", "fd02::1"]
        : ["90.1.2.3", "90.1.2.4", "90.1.2.5", "90.1.2.6", "10.1.0.1", "10.2.0.1"];

    /// <summary>Ports that some service of the VIPs has, and one that none has.</summary>
    public static IReadOnlyList<int> Ports { get; } = [80, 53, 9999, 30080, 81];

    public static void Open(Ground ground, bool withFirstVip = true)
    {
        ArgumentNullException.ThrowIfNull(ground);
        foreach (string line in Lines().Where(line => withFirstVip || !IsOfFirstVip(line)))
            ground.Type(line);
        ground.Canary.Open();
    }

    private static bool IsOfFirstVip(string line) => line.Split(' ') is ["ku", "vip" or "pod", "90.1.2.3" or "2003::3", ..];

    private static IEnumerable<string> Lines()
    {
        foreach (bool isIp6 in (bool[])[false, true])
        {
            string pods = PodList(isIp6);
            IReadOnlyList<string> vips = Vips(isIp6);
            yield return $"ku set interface {(isIp6 ? "nat6" : "nat4")} in {Ground.Pods}";
            yield return $"ku vip {vips[0]} port 80 protocol tcp target_port 8080 node_port 30080 affinity 60";
            yield return $"ku vip {vips[0]} port 53 protocol udp";
            yield return $"ku vip {vips[0]} port 9999 protocol sctp target_port 8080";
            yield return $"ku pod {vips[0]} port 80 {pods}";
            yield return $"ku pod {vips[0]} port 53 {pods}";
            yield return $"ku pod {vips[0]} port 9999 protocol sctp {pods}";
            yield return $"ku vip {vips[1]}";
            yield return $"ku pod {vips[1]} {pods}";
            yield return $"ku vip {vips[2]} port 80 masquerade {(isIp6 ? "fd02::1" : "10.2.0.1")}";
            yield return $"ku pod {vips[2]} port 80 {pods}";
            yield return $"ku vip {vips[3]} port 80 {(isIp6 ? "nat64 masquerade 10.2.0.1" : "nat46")}";
            yield return $"ku pod {vips[3]} port 80 {PodList(!isIp6)}";
        }

        yield return $"ip route add 64:ff9b::/96 via fd01::10 {Ground.Clients}";
    }

    private static string PodList(bool isIp6) => string.Join(' ', Enumerable.Range(1, 4).Select(pod => Ground.Pod(pod, isIp6)));
}
