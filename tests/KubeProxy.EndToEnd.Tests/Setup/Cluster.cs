using System.Net;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.EndToEnd.Tests.Setup;

/// <summary>A service as a story typed it.</summary>
public sealed record Service(Family Family, string Prefix, int? Port, string? Protocol, int? TargetPort)
{
    /// <summary>The words that name it in every command.</summary>
    public string Key => Prefix + (Port is { } port ? $" port {port}" : "") + (Protocol is { } protocol ? $" protocol {protocol}" : "");

    public IPEndPoint Vip => new(IPNetwork.Parse(Prefix).BaseAddress, Port ?? 0);

    public string Nat => Family == Family.Ip4 ? "nat4" : "nat6";
}

/// <summary>The services of one story; what is still there at its end is taken away again, pods included.</summary>
public sealed class Cluster(Lab lab) : IDisposable
{
    private readonly List<Service> _services = [];

    public Service Add(Family family, int port, string? protocol = null, int? targetPort = null, string? prefix = null, IEnumerable<Pod>? pods = null, string? options = null)
    {
        Service service = new(family, prefix ?? DefaultPrefix(family), port, protocol, targetPort);
        return Add(service, pods ?? Pod.First(4), options);
    }

    public Service Add(Family family, Transport transport, int port, int? targetPort = null, IEnumerable<Pod>? pods = null) =>
        Add(family, port, Word(transport), targetPort, prefix: null, pods);

    /// <summary>A VIP prefix that takes every protocol and port.</summary>
    public Service AddPrefix(Family family, string prefix, IEnumerable<Pod> pods) =>
        Add(new Service(family, prefix, Port: null, Protocol: null, TargetPort: null), pods);

    public void AddPods(Service service, params IReadOnlyList<Pod> pods)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(pods);
        if (pods.Count == 0)
            return;
        lab.Type($"ku pod {service.Key} {string.Join(' ', pods.Select(pod => pod.Address(service.Family)))}");
    }

    public void Remove(Service service, Pod pod)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(pod);
        lab.Type($"ku pod {service.Key} {pod.Address(service.Family)} del");
    }

    public void Remove(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        lab.Type($"ku vip {service.Key} del");
        _services.Remove(service);
    }

    public void Dispose()
    {
        foreach (Service service in _services.Where(_ => lab.Host.IsAlive))
            lab.Host.Cli($"ku vip {service.Key} del");
    }

    public static string Word(Transport transport) => transport switch { Transport.Tcp => "tcp", Transport.Udp => "udp", _ => "sctp" };

    private static string DefaultPrefix(Family family) => family == Family.Ip4 ? "90.1.2.3/32" : "2003::3/128";

    private Service Add(Service service, IEnumerable<Pod> pods, string? options = null)
    {
        string target = service.TargetPort is { } port ? $" target_port {port}" : "";
        lab.Type($"ku vip {service.Key}{target} {service.Nat} {options}".TrimEnd());
        _services.Add(service);
        AddPods(service, [.. pods]);
        return service;
    }
}
