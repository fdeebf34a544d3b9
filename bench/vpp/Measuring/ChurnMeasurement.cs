using System.Globalization;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Traffic;
using KubeProxy.Testbed.Hosts;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>
/// Remembered flows while one more pod of their service comes and goes, so many times a second, typed on a connection of its own. Nobody's session may go, and no
/// collection may run: both are asked for afterwards.
/// </summary>
internal sealed class ChurnMeasurement(RunOptions options, Plan plan)
{
    private const string Stream = "churn";
    private static readonly int[] Rates = [0, 1, 100, 1000];

    public IReadOnlyList<Measured> Run()
    {
        using Ground ground = new(options, plan with { Contenders = [] });
        KubeProxyContender ours = (KubeProxyContender)ground.Contenders[0];
        _ = Filling.Run(ground, ours);
        IReadOnlyDictionary<string, long?> sessions = ground.CountSessions();
        ground.SettlePages();
        ForwardStreams.DefineMixed(ground.Vpp, ours, Stream, ground.Flows, plan.Load.ServiceShare, StreamShape.Of(plan.Load));
        ManagedRuntime before = ManagedRuntime.Read(ground.Vpp);
        using Typist changes = new(ground.Vpp.Connect(), () => ground.Vpp.NewFile(".cli"), ours.OneMorePod, $"{ours.OneMorePod} del");
        Lane[] lanes = [.. Rates.Select(rate => new Lane(NameOf(rate), ours, Stream, ours.ForwardNodes) { Before = () => changes.PerSecond = rate })];
        Samples samples = new Sampler(options.Sampling).TakeSteady(ground.Vpp, lanes, ground.Flows);
        changes.PerSecond = 0;
        ground.CheckSessions(sessions);
        ManagedRuntime after = ManagedRuntime.Read(ground.Vpp);
        ground.Note(string.Create(CultureInfo.InvariantCulture,
            $"{changes.Count:N0} changes typed, the most {changes.MostPerSecond:N0} in a second; {after.Collections - before.Collections} collections"));
        return [new Measured(plan.Load, Way.Churn, lanes, samples, ground.Describe(sessions))];
    }

    private static string NameOf(int rate) => rate == 0 ? "no change" : string.Create(CultureInfo.InvariantCulture, $"{rate:N0} changes a second");
}
