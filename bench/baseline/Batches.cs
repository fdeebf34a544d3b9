using KubeProxy.Bench.Data;

namespace KubeProxy.Bench.Baseline;

/// <summary><c>batches</c>: one way over some batches and nothing else; two runs of different length tell what a batch takes.</summary>
internal static class Batches
{
    private const int FlowCount = 1_000;

    /// <summary>Each fills its frame; <c>fill-</c> does only that.</summary>
    public static string[] Ways => ["fill-forward", "forward", "forward-c", "fill-return", "return", "return-c"];

    public static int Run(string way, int count)
    {
        ShortWay flows = new(FlowCount);
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

        return 0;
    }
}
