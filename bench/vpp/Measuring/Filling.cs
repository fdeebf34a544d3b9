using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>Sends every flow once, so that it has a session, and checks what comes out.</summary>
internal static class Filling
{
    /// <summary>Flows whose packets are captured, and whose answers are replayed: each takes half a kilobyte here and in VPP.</summary>
    public const int MostCaptured = 1 << 20;

    /// <summary>The packets that reached the pods: of all flows, or of the first ones where they are too many.</summary>
    public static IReadOnlyList<byte[]> Run(Ground ground, Contender contender)
    {
        int captured = Math.Min(ground.Flows.Count, MostCaptured);
        if (captured < ground.Flows.Count)
        {
            Define(ground, contender, ground.Flows.Count);
            Streams.RunToEnd(ground.Vpp, "fill");
            Streams.Delete(ground.Vpp, "fill");
        }

        Define(ground, contender, captured);
        IReadOnlyList<byte[]> frames = Streams.RunAndCapture(ground.Vpp, "fill", contender.Site.PodInterface);
        Streams.Delete(ground.Vpp, "fill");
        ground.Judge(contender, Way.Forward, OutputCheck.Forward(contender, ground.Flows, frames, captured));
        return frames;
    }

    private static void Define(Ground ground, Contender contender, int count) =>
        ForwardStreams.Define(ground.Vpp, contender, "fill", ground.Flows, '-', StreamShape.Of(ground.Load, count) with { MaxFrame = 256 });
}
