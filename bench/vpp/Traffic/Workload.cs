using System.Globalization;
using System.Net.Sockets;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Traffic;

/// <summary>What a service looks like and what is sent to it. Everything that can be varied is here, and nowhere else.</summary>
internal sealed record Workload
{
    public int Flows { get; init; } = 1_000;

    public int Pods { get; init; } = 4;

    /// <summary>Services, each with its own address and port; all have the same pods.</summary>
    public int Vips { get; init; } = 1;

    /// <summary>Most packets in a frame.</summary>
    public int MaxFrame { get; init; } = 256;

    /// <summary>Percent of the packets that are for a service (in the other direction: that are a pod's answers).</summary>
    public int ServiceShare { get; init; } = 100;

    /// <summary>Where new flows are measured: percent of the packets that are a flow's first one; the rest are of flows that have sessions.</summary>
    public int NewShare { get; init; } = 100;

    /// <summary>From the IP header on.</summary>
    public int PacketBytes { get; init; } = 64;

    public AddressFamily Family { get; init; } = AddressFamily.InterNetwork;

    public Transport Protocol { get; init; } = Transport.Udp;

    /// <summary>Packets are made here and replayed, instead of stepped through by the generator. It changes the caches' state: never compare the two.</summary>
    public bool IsReplayed { get; init; }

    /// <summary>
    /// The generator does not step through IPv6 addresses, writes no TCP flags, and knows no packets of two kinds in a frame.
    /// </summary>
    public bool NeedsReplay => Family == AddressFamily.InterNetworkV6 || Protocol != Transport.Udp || Vips > 1 || ServiceShare is > 0 and < 100 || NewShare < 100;

    public override string ToString()
    {
        IEnumerable<string> others = Axis.All.Skip(1).Where(axis => axis.Value(this) != axis.Value(new Workload())).Select(axis => axis.Describe(this));
        return string.Join(", ", others.Prepend(Axis.All[0].Describe(this)));
    }
}

/// <summary>One thing that can be varied: its name as a column has it, its value, and the two as text.</summary>
internal sealed record Axis(string Name, Func<Workload, string> Value, Func<Workload, string> Describe)
{
    public static IReadOnlyList<Axis> All { get; } =
    [
        Count("flows", load => load.Flows),
        Count("pods", load => load.Pods),
        Count("VIPs", load => load.Vips),
        new("most in a frame", load => Number(load.MaxFrame), load => $"frames of {load.MaxFrame}"),
        new("for a service", load => $"{load.ServiceShare} %", load => $"{load.ServiceShare} % for a service"),
        new("new", load => $"{load.NewShare} %", load => $"{load.NewShare} % of packets new"),
        Count("bytes", load => load.PacketBytes),
        new("family", FamilyName, FamilyName),
        new("protocol", ProtocolName, ProtocolName),
        new("packets", Source, Source),
    ];

    private static Axis Count(string name, Func<Workload, int> value) =>
        new(name, load => Number(value(load)), load => $"{Number(value(load))} {(value(load) == 1 ? name.TrimEnd('s') : name)}");

    private static string FamilyName(Workload load) => load.Family == AddressFamily.InterNetwork ? "IPv4" : "IPv6";

    private static string ProtocolName(Workload load) => load.Protocol.ToString().ToUpperInvariant();

    private static string Source(Workload load) => load.IsReplayed ? "replayed" : "generated";

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
