using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Traffic;

namespace KubeProxy.Bench.Vpp.Measuring;

/// <summary>
/// What ours costs packets that are not for it. Lanes "with" and "without" run the same stream through the same
/// interfaces of one VPP: towards the pods the VIPs are there or deleted, from the pods the return feature is on or off.
/// </summary>
internal sealed class BystanderMeasurement(RunOptions options, Plan plan)
{
    public const string With = "with kube-proxy";
    public const string Without = "without";
    private const int LongTimeoutSeconds = 3600;

    public IReadOnlyList<Measured> Run()
    {
        // Nothing here touches a session, and all are to be there to the end.
        using Ground ground = new(options with { TimeoutSeconds = LongTimeoutSeconds }, plan with { Contenders = [] });
        KubeProxyContender ours = (KubeProxyContender)ground.Contenders[0];
        _ = Filling.Run(ground, ours);
        IReadOnlyDictionary<string, long?> sessions = ground.CountSessions();
        ground.SettlePages();
        ReturnStreams.DefineOther(ground.Vpp, ours.Site, "others-return", ground.Flows, StreamShape.Of(plan.Load));
        ForwardStreams.DefineOther(ground.Vpp, ours.Site, "others-forward", ground.Flows, StreamShape.Of(plan.Load));
        Switch feature = new(isOn => ours.SetFeature(ground.Vpp, isOn));
        Measured back = Take(ground, Way.OthersReturn, "others-return", feature, ours.ReturnNodes!, sessions);
        ground.CheckSessions(sessions);
        feature.Set(true);
        Switch services = new(isOn => SetServices(ground, ours, isOn));
        return [Take(ground, Way.OthersForward, "others-forward", services, [], sessions), back];
    }

    private Measured Take(
        Ground ground, Way way, string stream, Switch which, IReadOnlyList<string> nodes, IReadOnlyDictionary<string, long?> sessions)
    {
        Lane[] lanes =
        [
            new(With, ground.Contenders[0], stream, nodes) { Before = () => which.Set(true) },
            new(Without, ground.Contenders[0], stream, []) { Before = () => which.Set(false) },
        ];
        Samples samples = new Sampler(options.Sampling).TakeSteady(ground.Vpp, lanes, ground.Flows);
        return new Measured(plan.Load, way, lanes, samples, ground.Describe(sessions));
    }

    /// <summary>Both VIPs and feature: without them VPP is as if the plugin had nothing to do.</summary>
    private static void SetServices(Ground ground, KubeProxyContender ours, bool isOn)
    {
        ours.SetFeature(ground.Vpp, isOn);
        if (isOn)
            ours.AddVips(ground.Vpp);
        else
            ours.DeleteVips(ground.Vpp);
    }

    /// <summary>Something that is on at first and is switched only when it changes.</summary>
    private sealed class Switch(Action<bool> set)
    {
        private bool _isOn = true;

        public void Set(bool isOn)
        {
            if (isOn != _isOn)
                set(isOn);
            _isOn = isOn;
        }
    }
}
