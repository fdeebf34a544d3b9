using System.Buffers.Binary;
using System.Globalization;
using KubeProxy.Stress.Measuring;
using KubeProxy.Stress.Yard;
using KubeProxy.Testbed.Hosts;
using KubeProxy.Testbed.Packets;
using Stream = KubeProxy.Stress.Yard.Stream;

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
public static class PacketStress
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    public static Report Run(PacketPlan options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Report report = new(string.Create(CultureInfo.InvariantCulture,
            $"{options.Count:#,0} spoilt packets, {options.Workers} workers{(options.CutsBuffers ? ", every packet cut into two buffers" : "")}, seed {options.Seed}"));
        using Ground ground = new(new VppOptions { Workers = options.Workers, Plugins = options.CutsBuffers ? ["oddbuf"] : [], BuffersPerNuma = 65536, PollSleepMicroseconds = options.CutsBuffers ? 0 : 100 });
        Services.Open(ground);
        Health health = new(ground);
        InterfaceCounters before = InterfaceCounters.Of(ground.Host);
        ErrorCounters errors = ErrorCounters.Of(ground.Host);
        BeginCuts(ground, options);
        long sent = SendCorpus(ground, options);
        for (int seed = options.Seed; sent < options.Count; seed++)
        {
            ConfigureCuts(ground, options, seed);
            sent += SendSeed(ground, options, seed, Math.Min(options.Count - sent, (long)options.Distinct * options.Replays));
        }

        health.Demand(report);
        if (ground.Host.IsAlive)
            Account(report, ground, before, errors, sent);
        return report;
    }

    /// <summary>
    /// What came in, and what VPP made besides (errors about it, questions for neighbours), left or was dropped under a name. What is missing is what VPP's
    /// own reassembly at the router's addresses has merged or given up.
    /// </summary>
    private static void Account(Report report, Ground ground, InterfaceCounters before, ErrorCounters errors, long sent)
    {
        InterfaceCounters after = InterfaceCounters.Of(ground.Host);
        IReadOnlyDictionary<string, long> counted = ErrorCounters.Of(ground.Host).Since(errors);
        long Moved(string counter) => after.Sum(counter, ground.Traffic) - before.Sum(counter, ground.Traffic);
        (long received, long left, long dropped, long punted) = (Moved("rx packets"), Moved("tx packets"), Moved("drops"), Moved("punt"));
        long made = counted.Where(row => IsMade(row.Key)).Sum(row => row.Value);
        long missing = received + made - left - dropped - punted;
        report.Note("packets sent", sent);
        report.Note("packets that VPP made besides", made);
        report.Note("packets that left", left);
        report.Note("packets dropped", dropped);
        report.Note("packets punted", punted);
        report.Note("packets unaccounted for", missing);
        report.Demand("every packet came in", received == sent, $"{received:#,0} of {sent:#,0}");
        report.Demand("what came in left or was counted as dropped", missing <= received / 20, $"{missing:#,0} missing, {100.0 * missing / received:0.00} %");
        foreach ((string name, long count) in counted.Where(row => row.Key.StartsWith("kp", StringComparison.Ordinal)).OrderByDescending(row => row.Value))
            report.Note(name, count);
    }

    private static bool IsMade(string row) => row.Contains("icmp-error: ", StringComparison.Ordinal)
        ? row.Contains("response se", StringComparison.Ordinal)
        : row.Contains("-glean: ", StringComparison.Ordinal) && row.EndsWith("sent", StringComparison.Ordinal);

    private static long SendSeed(Ground ground, PacketPlan options, int seed, long count)
    {
        Random random = new(seed);
        Templates templates = new(random, ground.FromClients, ground.FromPod);
        Mutation mutation = new(random);
        int fromPods = options.Distinct / 3;
        byte[][] Spoilt(int number, Func<byte[]> template) =>
            [.. Enumerable.Range(0, int.MaxValue).Select(_ => mutation.Of(template())).Where(frame => !options.CutsBuffers || CanBeCut(frame)).Take(number)];
        byte[][] client = Spoilt(options.Distinct - fromPods, templates.FromClient);
        byte[][] pod = Spoilt(fromPods, templates.FromPod);
        return SendBoth(ground, options, count, client, pod);
    }

    private static long SendCorpus(Ground ground, PacketPlan options)
    {
        long sent = 0;
        foreach (string file in options.Corpus)
        {
            IReadOnlyList<byte[]> frames = [.. new PcapFile(file).ReadNew().Where(frame => !options.CutsBuffers || CanBeCut(frame))];
            if (frames.Count == 0)
                continue;
            byte[][] Addressed(Link link) => [.. frames.Select<byte[], byte[]>(frame => [.. link.To.GetAddressBytes(), .. link.From.GetAddressBytes(), .. frame[12..]])];
            sent += SendBoth(ground, options, 2L * frames.Count * options.Replays, Addressed(ground.FromClients), Addressed(ground.FromPod(1)));
        }

        return sent;
    }

    /// <summary>Clients and pods at the same time; but one after the other where a frame must not have packets of two streams.</summary>
    private static long SendBoth(Ground ground, PacketPlan options, long count, byte[][] client, byte[][] pod)
    {
        long ofClients = count * client.Length / (client.Length + pod.Length);
        return !options.CutsBuffers
            ? Send(ground, options, count, (Ground.Clients, client), (Ground.Pods, pod))
            : Send(ground, options, ofClients, (Ground.Clients, client)) + Send(ground, options, count - ofClients, (Ground.Pods, pod));
    }

    /// <summary>Shares the count by the numbers of packets, and each share among the workers, which send at the same time.</summary>
    private static long Send(Ground ground, PacketPlan options, long count, params (string Source, byte[][] Frames)[] parts)
    {
        int threads = Math.Max(1, options.Workers);
        long all = parts.Sum(part => part.Frames.Length);
        List<Stream> streams = [];
        long sent = 0;
        foreach ((string source, byte[][] frames) in parts)
        {
            foreach (int worker in Enumerable.Range(0, threads))
            {
                byte[][] own = [.. frames.Where((_, index) => index % threads == worker)];
                long share = own.Length == 0 ? 0 : Math.Max(1, count * own.Length / all);
                if (share > 0)
                    streams.Add(new Stream(ground.Host, source, own, share, worker, maxFrame: options.CutsBuffers ? 1 : 256));
                sent += share;
            }
        }

        streams.ForEach(stream => stream.Start());
        streams.ForEach(stream => stream.WaitForTheEnd(Limit));
        streams.ForEach(stream => stream.Dispose());
        return sent;
    }

    /// <summary>oddbuf takes every packet for UDP over IPv4 and sums up as many bytes as its header says, whether they are there or not.</summary>
    private static bool CanBeCut(byte[] frame)
    {
        const int Ethernet = IpView.EthernetLengthBytes;
        if (frame.Length < Ethernet + 28 || frame[12] != 8 || frame[Ethernet] >> 4 != 4)
            return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(Ethernet + 2));
        int header = (frame[Ethernet] & 15) * 4;
        return header >= 20 && length >= header + 8 && length <= frame.Length - Ethernet;
    }

    /// <summary>Once: VPP takes a feature that is enabled again a second time, and oddbuf loses the second buffer of a packet that it cuts again.</summary>
    private static void BeginCuts(Ground ground, PacketPlan options)
    {
        if (!options.CutsBuffers)
            return;
        ConfigureCuts(ground, options, options.Seed);
        foreach (string name in (string[])[Ground.Clients, Ground.Pods])
            ground.Host.Cli($"oddbuf enable-disable {name}");
    }

    private static void ConfigureCuts(Ground ground, PacketPlan options, int seed)
    {
        if (!options.CutsBuffers)
            return;
        int inSecond = 1 + (seed * 7 % 40);
        ground.Type($"oddbuf configure n_to_copy {inSecond} offset {inSecond % 7} first_offset 0");
    }
}
