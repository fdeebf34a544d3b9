using System.Runtime.Intrinsics.X86;
using KubeProxy.Bench.Data;
using KubeProxy.Core.Pipeline;

namespace KubeProxy.Bench.Baseline;

/// <summary>
/// Clocks per packet of C# and C, in turn: C# C C C# C# C ... over the same frames, so that what else the machine does meets both. Only the pipeline is
/// timed, not the filling of its frame.
/// </summary>
internal sealed unsafe class Comparison(ShortWay flows, int rounds)
{
    private const int BatchesOfSample = 200;
    private int _next;

    public static int Run(int[] flowCounts, int rounds)
    {
        Console.WriteLine($"C: {CBaseline.Compiler}, {CBaseline.Flags}");
        Console.WriteLine($"C#: as the plugin is compiled: AES {Aes.IsSupported}, AVX2 {Avx2.IsSupported}, AVX-512 {Avx512F.IsSupported}");
        Console.WriteLine();
        Console.WriteLine($"Clocks of the time stamp counter a packet, batches of {PacketBatch.Capacity}; {rounds} samples of {BatchesOfSample} batches each, in turn.");
        Console.WriteLine();
        Console.WriteLine("| direction | flows | C# least | C# median | C least | C median | C# / C, of pairs, median |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (int count in flowCounts)
        {
            ShortWay flows = new(count);
            int batches = new Agreement(flows).Check();
            Comparison comparison = new(flows, rounds);
            comparison.Print("forward", flows.Requests, flows.Path.Forward, flows.ForwardInC);
            comparison.Print("return", flows.Answers, flows.Path.Return, flows.ReturnInC);
            comparison.PrintAlone("forward, all flows", flows.CreateAll(count), flows.Path.Forward);
            flows.Path.Free();
            Console.Error.WriteLine($"{count} flows: C and C# agree on {batches} batches");
        }

        return 0;
    }

    private void Print(string name, PacketTemplates packets, Action managed, Func<uint> native)
    {
        Action inC = () => _ = native();
        double[] core = new double[rounds], c = new double[rounds];
        _ = Sample(packets, managed) + Sample(packets, inC);
        for (int round = 0; round < rounds; round++)
        {
            bool isFirst = round % 2 == 0;
            if (isFirst) core[round] = Sample(packets, managed);
            c[round] = Sample(packets, inC);
            if (!isFirst) core[round] = Sample(packets, managed);
        }

        double ratio = Median(core.Zip(c, (left, right) => left / right));
        Console.WriteLine($"| {name} | {packets.Count} | {core.Min():F1} | {Median(core):F1} | {c.Min():F1} | {Median(c):F1} | {ratio:F2} |");
    }

    /// <summary>C# with the longer way, for which C has no counterpart.</summary>
    private void PrintAlone(string name, PacketTemplates packets, Action managed)
    {
        _next = 0;
        double[] core = [.. Enumerable.Range(0, rounds + 1).Select(_ => Sample(packets, managed)).Skip(1)];
        Console.WriteLine($"| {name} | {packets.Count} | {core.Min():F1} | {Median(core):F1} | | | |");
    }

    private double Sample(PacketTemplates packets, Action pipeline)
    {
        ulong clocks = 0;
        for (int i = 0; i < BatchesOfSample; i++)
        {
            _next = flows.Path.Frame.Fill(packets, _next);
            ulong start = CBaseline.Clocks();
            pipeline();
            clocks += CBaseline.Clocks() - start;
        }

        return (double)clocks / (BatchesOfSample * PacketBatch.Capacity);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
