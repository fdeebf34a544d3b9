using KubeProxy.Host.Vlib;
using KubeProxy.Host.Vnet;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Border;

/// <summary>
/// The init functions that a plugin linked into vlib_global_main, in an order that keeps their runs_before and runs_after.
/// Of VPP's own, the one that fixes the feature arcs is a step in that order; everything else of the host is there before.
/// </summary>
internal static unsafe class InitFunctions
{
    private const string FeatureInit = "vnet_feature_init";

    /// <summary>One step: a plugin's function, or (without an element) the fixing of the feature arcs.</summary>
    private sealed record Step(string Name, nint Element);

    /// <exception cref="InvalidOperationException">A function returned an error, or the order has a circle.</exception>
    internal static void Run()
    {
        List<Step> steps = [new Step(FeatureInit, 0)];
        for (_vlib_init_function_list_elt_t* e = HostData.GlobalMain->init_function_registrations; e != null; e = e->next_init_function)
            steps.Add(new Step(Graph.Text(e->name), (nint)e));
        while (steps.Count > 0)
        {
            Step next = steps.Find(s => s.Element != 0 && IsFirst(s, steps)) ?? steps.Find(s => IsFirst(s, steps))
                ?? throw new InvalidOperationException($"init functions wait for each other: {string.Join(", ", steps.Select(s => s.Name))}");
            steps.Remove(next);
            Run(next);
        }
    }

    private static void Run(Step step)
    {
        if (step.Element == 0)
        {
            Graph.ResolveNames();
            FeatureArcs.Collect();
        }
        else if (ClibError.Take(((_vlib_init_function_list_elt_t*)step.Element)->f(MainThread.Vm)) is { } message)
        {
            throw new InvalidOperationException($"init function {step.Name}: {message}");
        }
    }

    private static bool IsFirst(Step step, List<Step> steps) => !steps.Exists(other => other != step && MustRunBefore(other, step));

    private static bool MustRunBefore(Step a, Step b) =>
        (a.Element != 0 && Names(((_vlib_init_function_list_elt_t*)a.Element)->runs_before).Contains(b.Name))
        || (b.Element != 0 && Names(((_vlib_init_function_list_elt_t*)b.Element)->runs_after).Contains(a.Name));

    private static List<string> Names(byte** names)
    {
        List<string> list = [];
        for (int i = 0; names != null && names[i] != null; i++)
            list.Add(Graph.Text(names[i]));
        return list;
    }
}
