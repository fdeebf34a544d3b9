using System.Globalization;
using KubeProxy.Stress.Measuring;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Stress.Packets;

/// <summary>How many packets, from where, into what.</summary>
/// <param name="Count">Packets in all.</param>
/// <param name="Workers">Workers of VPP.</param>
/// <param name="CutsBuffers">Every packet in two buffers (VPP's oddbuf); only IPv4 packets whose lengths are true, in frames of one: oddbuf trusts lengths, and knows where to send the first packet of a frame only.</param>
/// <param name="Seed">Where chance starts.</param>
public sealed record PacketPlan(long Count, int Workers, bool CutsBuffers, int Seed)
{
    /// <summary>Different packets of one seed; they are sent <see cref="Replays"/> times, then the next seed's follow.</summary>
    public int Distinct { get; init; } = 100_000;

    public int Replays { get; init; } = 10;

    /// <summary>Files of packets to send besides, each as if it came from clients and as if it came from pods.</summary>
    public IReadOnlyList<string> Corpus { get; init; } = [];
}

/// <summary><c>packets</c>: VPP lives through spoilt packets, loses none of them and no buffer, and serves others as before.</summary>
public sealed class PacketStress
{
    /// <summary>VPP's own packets, one in so many.</summary>
    private const long OwnPacketsIn = 10_000;
    private readonly Ground _ground;
    private readonly Report _report;
    private readonly PacketSender _sender;
    private readonly Health _health;

    private PacketStress(Ground ground, Report report, PacketPlan plan) => (_ground, _report, _sender, _health) = (ground, report, new(ground, plan), new(ground));

    public static Report Run(PacketPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Report report = new(string.Create(CultureInfo.InvariantCulture,
            $"{plan.Count:#,0} spoilt packets, {plan.Workers} workers{(plan.CutsBuffers ? ", every packet cut into two buffers" : "")}, seed {plan.Seed}"));
        using Ground ground = new(new VppOptions { Workers = plan.Workers, Plugins = plan.CutsBuffers ? ["oddbuf"] : [], BuffersPerNuma = 65536, PollSleepMicroseconds = plan.CutsBuffers ? 0 : 100 });
        Services.Open(ground);
        PacketStress stress = new(ground, report, plan);
        ErrorCounters errors = ErrorCounters.Of(ground.Host);
        stress._sender.BeginCuts();
        stress.SendAndAccount("no fragments", sender => sender.SendSeeds(plan.Count / 2, withFragments: false));
        stress.SendAndAccount("all kinds", sender =>
        {
            sender.SendCorpus();
            sender.SendSeeds(plan.Count, withFragments: true);
        });
        stress._health.Demand(report);
        if (ground.Host.IsAlive)
            NoteOurs(report, ErrorCounters.Of(ground.Host).Since(errors));
        return report;
    }

    /// <summary>
    /// What came in, and what was made besides (VPP's errors about it and questions for neighbours, the rest of a long packet that we answer), left or was dropped. Fragments alone may be missing: VPP's
    /// reassembly joins them, and frees those that it gives up without a counter of an interface.
    /// </summary>
    private void SendAndAccount(string what, Action<PacketSender> send)
    {
        InterfaceCounters before = InterfaceCounters.Of(_ground.Host);
        ErrorCounters errors = ErrorCounters.Of(_ground.Host);
        (long sent, long fragments) = (_sender.Sent, _sender.Fragments);
        send(_sender);
        (sent, fragments) = (_sender.Sent - sent, _sender.Fragments - fragments);
        if (!_ground.Host.IsAlive)
            return;
        _health.BuffersAtRest();
        InterfaceCounters after = InterfaceCounters.Of(_ground.Host);
        long Moved(string counter) => after.Sum(counter, _ground.Traffic) - before.Sum(counter, _ground.Traffic);
        (long received, long left, long dropped, long punted) = (Moved("rx packets"), Moved("tx packets"), Moved("drops"), Moved("punt"));
        long made = ErrorCounters.Of(_ground.Host).Since(errors).Where(row => IsMade(row.Key)).Sum(row => row.Value);
        long missing = received + made - left - dropped - punted;
        _report.Note($"{what}: packets sent", sent);
        _report.Note($"{what}: of them fragments, at most", fragments);
        _report.Note($"{what}: packets that were made besides", made);
        _report.Note($"{what}: packets that left", left);
        _report.Note($"{what}: packets dropped", dropped);
        _report.Note($"{what}: packets punted", punted);
        _report.Demand($"{what}: every packet came in", received == sent, $"{received:#,0} of {sent:#,0}");
        _report.Demand($"{what}: every packet, but for fragments, left or was dropped", missing <= fragments + (sent / OwnPacketsIn), $"{missing:#,0} missing, {fragments:#,0} fragments");
    }

    private static void NoteOurs(Report report, IReadOnlyDictionary<string, long> counted)
    {
        foreach ((string name, long count) in counted.Where(row => row.Key.StartsWith("kp", StringComparison.Ordinal)).OrderByDescending(row => row.Value))
            report.Note(name, count);
    }

    private static bool IsMade(string row)
    {
        bool isError = row.Contains("icmp-error: ", StringComparison.Ordinal) && row.Contains("response se", StringComparison.Ordinal);
        bool isQuestion = row.Contains("-glean: ", StringComparison.Ordinal) && row.EndsWith("sent", StringComparison.Ordinal);
        return isError || isQuestion || row.EndsWith("rest of a long packet", StringComparison.Ordinal);
    }
}
