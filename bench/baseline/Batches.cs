using KubeProxy.Bench.Data;

namespace KubeProxy.Bench.Baseline;

/// <summary><c>batches</c>: one way over some batches and nothing else; two runs of different length tell what a batch takes.</summary>
internal static class Batches
{
    private const int FlowCount = 1_000;
    private const string TwoWorkers = "-two";

    /// <summary>Each fills its frame; <c>fill-</c> does only that; <c>-two</c> is two workers, each on a thread and with so many batches.</summary>
    public static string[] Ways => ["fill-forward", "forward", "forward-c", "fill-return", "return", "return-c", "forward-two", "return-two"];

    public static int Run(string way, int count)
    {
        if (way.EndsWith(TwoWorkers, StringComparison.Ordinal)) return RunTwo(way[..^TwoWorkers.Length], count);
        Run(new ShortWay(FlowCount), way, count);
        return 0;
    }

    private static int RunTwo(string way, int count)
    {
        ShortWay first = new(FlowCount);
        ShortWay second = new(FlowCount, first);
        Thread other = new(() => Run(second, way, count));
        other.Start();
        Run(first, way, count);
        other.Join();
        return 0;
    }

    private static void Run(ShortWay flows, string way, int count)
    {
        PacketTemplates packets = way.Contains("return", StringComparison.Ordinal) ? flows.Answers : flows.Requests;
        int next = 0;
        for (int i = 0; i < count; i++)
        {
            next = flows.Path.Frame.Fill(packets, next);
            switch (way)
            {
                case "forward": flows.Path.Forward(); break;
                case "forward-c": _ = flows.ForwardInC(); break;
                case "return": flows.Path.Return(); break;
                case "return-c": _ = flows.ReturnInC(); break;
                default: break;
            }
        }
    }
}
