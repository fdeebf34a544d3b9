using System.Globalization;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Bench.Vpp.Report;

namespace KubeProxy.Bench.Vpp;

/// <summary>Measures plan after plan, prints the report and writes it.</summary>
internal static class BenchRun
{
    /// <param name="isComplete">The plans are those that decide all targets: one that was not measured is named too.</param>
    public static int Run(RunOptions options, IReadOnlyList<Plan> plans, ResultFiles? files, string label, bool isComplete)
    {
        CpuUse before = CpuUse.Over(TimeSpan.FromSeconds(2));
        Console.WriteLine($"machine: {before}");
        if (options.Pages == PageChoice.Small)
            HugePages.Forbid();
        Results results = new([.. plans.SelectMany(plan => Measure(options, plan))]);
        string? plot = FlowPlot.Write(results);
        string title = $"Clocks per packet in VPP, {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {files?.Label ?? label}";
        string report = new MarkdownReport(options, before).Write(title, results, isComplete, plot is null ? null : files?.PlotName);
        Console.WriteLine();
        Console.WriteLine(report);
        files?.Write(before, report, JsonReport.Write(results, before), plot);
        return 0;
    }

    private static IEnumerable<Measured> Measure(RunOptions options, Plan plan)
    {
        Console.WriteLine($"measuring {plan.Load}: {string.Join("; ", plan.Ways.Select(way => way.Title()))} ...");
        Way[] steady = [.. plan.Ways.Where(way => way is Way.Forward or Way.Return or Way.Both)];
        IEnumerable<Measured> measured = steady.Length == 0 ? [] : new SteadyMeasurement(options, plan with { Ways = steady }).Run();
        if (plan.Ways.Contains(Way.NewFlows))
            measured = measured.Concat(new NewFlowMeasurement(options, plan).Run());
        if (plan.Ways.Contains(Way.Churn))
            measured = measured.Concat(new ChurnMeasurement(options, plan).Run());
        if (plan.Ways.Contains(Way.OthersForward) || plan.Ways.Contains(Way.OthersReturn))
            measured = measured.Concat(new BystanderMeasurement(options, plan).Run().Where(one => plan.Ways.Contains(one.Way)));
        return measured;
    }
}
