using System.Net;
using KubeProxy.Oracle;
using KubeProxy.Properties.Tests.Generators;

namespace KubeProxy.Properties.Tests.Duel;

/// <summary>Services and pods of a scenario, at the start and while it goes on.</summary>
public sealed class Configuration(TwoRouters routers, Random start)
{
    private const int Every = PlainService.Every;
    private static readonly int[] ClientPorts = [40000, 40000, 40001, 40001, 40002, 1, 65535];
    private static readonly int[] VipPorts = [80, 80, 80, 53, 53, 9999, 443, 8080, 0, 65535];
    private static readonly int[] NodePorts = [30080, 30080, 30080, 30053, 30053, 30000, 80];
    private static readonly int[] PodPorts = [8080, 5353, 80, 53];

    /// <summary>What may be behind a VIP, by the VIP's number.</summary>
    private static readonly (int Vip, ServiceSpec Spec)[] Possible =
    [
        (0, new(IpProtocol.Tcp, 80, 8080) { NodePort = 30080 }), (0, new(IpProtocol.Udp, 53, 5353) { NodePort = 30080 }), (0, new(IpProtocol.Udp, 80, Every)), (0, new(IpProtocol.Sctp, 9999, 8080)),
        (1, new(Every, Every, Every)), (1, new(IpProtocol.Tcp, 443, 8080)),
        (2, new(IpProtocol.Tcp, 80, 8080)), (2, new(IpProtocol.Udp, 53, 53) { NodePort = 30053 }),
        (3, new(IpProtocol.Tcp, Every, Every)), (3, new(IpProtocol.Udp, 53, 5353)), (3, new(IpProtocol.Tcp, 53, 5353)),
        (4, new(IpProtocol.Tcp, 80, 8080) { AffinitySeconds = 100, NodePort = 30000 }), (4, new(IpProtocol.Udp, 53, 5353) { AffinitySeconds = 10 }),
        (6, new(Every, Every, Every)), (6, new(IpProtocol.Sctp, Every, Every)),
        (7, new(IpProtocol.Tcp, 80, 8080)), (7, new(IpProtocol.Udp, 53, 5353)), (7, new(IpProtocol.Udp, 80, Every)), (7, new(IpProtocol.Sctp, 9999, 8080)),
        (8, new(Every, Every, Every)), (8, new(IpProtocol.Tcp, 80, 8080) { AffinitySeconds = 100 }),
    ];

    public static int ClientPort(Random random) => ClientPorts[random.Next(ClientPorts.Length)];

    public static int VipPort(Random random) => VipPorts[random.Next(VipPorts.Length)];

    public static int NodePort(Random random) => NodePorts[random.Next(NodePorts.Length)];

    public static int PodPort(Random random) => PodPorts[random.Next(PodPorts.Length)];

    /// <summary>About two thirds of what is possible, with some pods.</summary>
    public void Build()
    {
        if (start.Next(3) == 0) SetTimes();
        if (start.Next(2) == 0) routers.SetPrefix64(World.Prefix64(start));
        if (start.Next(4) == 0) routers.RefuseNoUdpChecksum(true);
        if (start.Next(4) == 0) routers.SetSourcePorts(50_000, 50_000 + start.Next(3, 40));
        foreach (bool ip6 in (bool[])[false, true])
        {
            foreach ((int number, ServiceSpec spec) in Possible)
                if (start.Next(3) != 0) AddService(start, ip6, number, spec);
            PlainVip? main = Find(ip6, 0);
            if (main != null && start.Next(2) == 0) routers.AddAlias(main, World.Vip(ip6, 5));
        }

        for (int ways = start.Next(4); ways > 0; ways--)
            routers.SetMtu(World.Pod(start.Next(2) == 0, start.Next(World.PodCount)), start.Next(3) == 0 ? start.Next(1200, 1420) : start.Next(60, 180));
    }

    /// <summary>One command.</summary>
    public void Change(Random random)
    {
        PlainService[] services = [.. routers.Plain.Vips.SelectMany(vip => vip.Services)];
        if (services.Length == 0) return;
        PlainService service = services[random.Next(services.Length)];
        PlainPod[] pods = [.. service.Pods.Where(pod => !pod.Gone)];
        PlainPod? pod = pods.Length == 0 ? null : pods[random.Next(pods.Length)];
        switch (random.Next(12))
        {
            case 0 or 1 or 2: routers.AddPod(service, World.Pod(service.Vip.HasIp6Pods, random.Next(World.PodCount))); break;
            case 3 or 4 or 5: Remove(random, pod); break;
            case 6: if (pod != null) routers.Drain(pod, random.Next(2) == 0 ? null : random.Next(0, 100)); break;
            case 7: if (pod is { Removed: false }) routers.AddPod(service, pod.Address, random.Next(0, 4)); break;
            case 8: if (service.Vip.Others.Count == 0 || service.Vip.Services.Count > 1) routers.DeleteService(service); break;
            case 9: AddMissing(random); break;
            case 10: ChangeAlias(random); break;
            default: if (random.Next(3) == 0) routers.Flush(); break;
        }
    }

    private void Remove(Random random, PlainPod? pod)
    {
        if (pod != null) routers.RemovePod(pod, random.Next(3) == 0 ? random.Next(0, 100) : null);
    }

    private void AddMissing(Random random)
    {
        bool ip6 = random.Next(2) == 0;
        (int number, ServiceSpec spec) = Possible[random.Next(Possible.Length)];
        PlainVip? vip = Find(ip6, number);
        if (vip != null && vip.Services.Any(service => service.Protocol == spec.Protocol && service.Port == spec.Port)) return;
        AddService(random, ip6, number, spec);
    }

    private void ChangeAlias(Random random)
    {
        bool ip6 = random.Next(2) == 0;
        if (Find(ip6, 0) is not { } main) return;
        if (main.Others.Count == 0) routers.AddAlias(main, World.Vip(ip6, 5));
        else routers.DeleteAlias(main, World.Vip(ip6, 5));
    }

    private void AddService(Random random, bool ip6, int number, ServiceSpec spec)
    {
        PlainVip vip = Find(ip6, number) ?? new PlainVip(World.Vip(ip6, number), World.KindOf(ip6, number));
        spec = spec with { TableLength = 1 << random.Next(4, 9) };
        bool mayMasquerade = spec.AffinitySeconds == 0 && number != 2;
        if (vip.Kind == VipKind.Nat64) spec = spec with { Masquerade = World.Masquerade(ip6: false) };
        else if (vip.Kind == VipKind.Nat46 && mayMasquerade && random.Next(4) == 0) spec = spec with { Masquerade = World.Masquerade(ip6: true) };
        else if (vip.Kind == VipKind.Plain && mayMasquerade && random.Next(4) == 0) spec = spec with { Masquerade = World.Masquerade(ip6), OutsideOnly = random.Next(2) == 0 };
        PlainService service = routers.AddService(vip, spec);
        for (int pod = 0; pod < World.PodCount; pod++)
            if (random.Next(2) == 0) routers.AddPod(service, World.Pod(vip.HasIp6Pods, pod), random.Next(5) == 0 ? random.Next(0, 5) : null);
    }

    private void SetTimes()
    {
        foreach (string kind in (string[])["udp", "tcp", "tcp-opening", "tcp-closing", "icmp"])
            if (start.Next(2) == 0) routers.SetTimeout(kind, start.Next(3, 400));
    }

    private PlainVip? Find(bool ip6, int number) => routers.Plain.Vips.FirstOrDefault(vip => vip.Prefix.Equals(World.Vip(ip6, number)));
}
