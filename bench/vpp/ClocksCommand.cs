using System.CommandLine;
using System.Net.Sockets;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp;

/// <summary><c>clocks</c>: clocks a packet of ours and of VPP's own plugins, in one process.</summary>
internal static class ClocksCommand
{
    private const string DefaultLabel = "clocks";
    private static readonly Option<int[]> Flows = Axis("--flows", "Numbers of flows.", 1_000, 100_000);
    private static readonly Option<int[]> Pods = Axis("--pods", "Pods of a service.", 4);
    private static readonly Option<int[]> Vips = Axis("--vips", "Services; frames mix them.", 1);
    private static readonly Option<int[]> MaxFrame = Axis("--maxframe", "Most packets in a frame.", 256);
    private static readonly Option<int[]> ServiceShare = Axis("--service-share", "Percent of packets that are for a service (0 to 100).", 100);
    private static readonly Option<int[]> NewShare = Axis("--new-share", "Percent of packets that are a flow's first one, where new flows are measured (0 to 50, or 100).", 100);
    private static readonly Option<int[]> Size = Axis("--size", "Bytes of a packet, from the IP header on (64 to 2000).", 64);
    private static readonly Option<bool> Ip6 = new("--ip6") { Description = "IPv6 instead of IPv4." };
    private static readonly Option<Transport> Protocol = new("--protocol") { Description = "udp or tcp.", DefaultValueFactory = _ => Transport.Udp };
    private static readonly Option<bool> Replay = new("--replay")
    {
        Description = "Replay packets also where the generator could make them, to compare with what it cannot make.",
    };

    private static readonly Option<string[]> Against = new("--against")
    {
        Description = $"Whom to measure beside kube-proxy: {string.Join(", ", ContenderList.Names)}. Else lb, cnat and plain (TCP: plain).",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<Way[]> Ways = new("--directions")
    {
        Description = "forward (client to pod), return (pod to client), both (half and half), newFlows (first packets), "
            + "othersForward and othersReturn (packets of no service, with and without ours), churn (forward while a pod comes and goes 0 to 1,000 times a second).",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [Way.Forward, Way.Return],
    };

    public static Command Create()
    {
        Command command = new("clocks", "Clocks a packet of kube-proxy and of VPP's own plugins for the same work. Every combination of values gets a VPP of its own.")
        {
            Flows, Pods, Vips, MaxFrame, ServiceShare, NewShare, Size, Ip6, Protocol, Replay, Against, Ways,
        };
        CommonOptions.AddTo(command);
        command.SetAction(line => BenchRun.Run(
            CommonOptions.Read(line), Plans(line), CommonOptions.Files(line, DefaultLabel), DefaultLabel, isComplete: false));
        return command;
    }

    private static IReadOnlyList<Plan> Plans(ParseResult line)
    {
        Transport protocol = line.GetValue(Protocol);
        if (protocol is not (Transport.Udp or Transport.Tcp))
            throw new TestbedException($"--protocol {protocol}: udp or tcp are measured");
        IReadOnlyList<string> contenders = line.GetValue(Against) is { Length: > 0 } named ? named : ContenderList.DefaultFor(protocol);
        Workload[] loads = [.. Workloads(line, protocol)];

        // One that has to be replayed makes all replayed: else rows would differ in more than their headings say.
        bool isReplayed = line.GetValue(Replay) || contenders.Contains(KubeProxyContender.Ip6Name) || loads.Any(load => load.NeedsReplay);
        return [.. loads.Select(load => new Plan(load with { IsReplayed = isReplayed }, contenders, line.GetRequiredValue(Ways)))];
    }

    private static IEnumerable<Workload> Workloads(ParseResult line, Transport protocol) =>
        from flows in line.GetRequiredValue(Flows)
        from pods in line.GetRequiredValue(Pods)
        from vips in line.GetRequiredValue(Vips)
        from frame in line.GetRequiredValue(MaxFrame)
        from share in line.GetRequiredValue(ServiceShare)
        from fresh in line.GetRequiredValue(NewShare)
        from size in line.GetRequiredValue(Size)
        select Checked(new Workload
        {
            Flows = flows,
            Pods = pods,
            Vips = vips,
            MaxFrame = frame,
            ServiceShare = share,
            NewShare = fresh,
            PacketBytes = size,
            Family = line.GetValue(Ip6) ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            Protocol = protocol,
        });

    private static Workload Checked(Workload load)
    {
        Require(load.Flows is >= 1 and <= 16_000_000, $"--flows {load.Flows}: 1 to 16000000");
        Require(load.Pods is >= 1 and <= 1024, $"--pods {load.Pods}: 1 to 1024");
        Require(load.Vips is >= 1 and <= 40_000, $"--vips {load.Vips}: 1 to 40000");
        Require(load.Vips <= load.Flows, $"--vips {load.Vips}: more than flows");
        Require(load.MaxFrame is >= 1 and <= 256, $"--maxframe {load.MaxFrame}: 1 to 256");
        Require(load.ServiceShare is >= 0 and <= 100, $"--service-share {load.ServiceShare}: 0 to 100");
        Require(load.NewShare is (>= 0 and <= 50) or 100, $"--new-share {load.NewShare}: 0 to 50, or 100");
        Require(load.PacketBytes is >= 64 and <= 2000, $"--size {load.PacketBytes}: 64 to 2000");
        return load;
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
            throw new TestbedException(otherwise);
    }

    private static Option<int[]> Axis(string name, string description, params int[] values) => new(name)
    {
        Description = description + " Several values are measured one after the other.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => values,
    };
}
