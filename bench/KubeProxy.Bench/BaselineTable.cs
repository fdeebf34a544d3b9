using System.Globalization;
using System.Runtime.Intrinsics.X86;
using BenchmarkDotNet.Reports;
using KubeProxy.Bench.Baseline;
using KubeProxy.Bench.Kernels;

namespace KubeProxy.Bench;

/// <summary>C# and C beside each other, from the means of <see cref="Baseline4"/>, the filling of the frame taken off.</summary>
internal static class BaselineTable
{
    public static void Print(IEnumerable<Summary> summaries, TextWriter writer)
    {
        BenchmarkReport[] reports = [.. summaries.SelectMany(summary => summary.Reports)
            .Where(report => report.Success && report.BenchmarkCase.Descriptor.Type == typeof(Baseline4))];
        if (reports.Length == 0) return;
        writer.WriteLine($"C#: JIT, AES {Aes.IsSupported}, AVX2 {Avx2.IsSupported}, AVX-512 {Avx512F.IsSupported} (the plugin: AES, AVX2, no AVX-512)");
        writer.WriteLine($"C: {CBaseline.Compiler}, {CBaseline.Flags}");
        writer.WriteLine();
        writer.WriteLine("| pipeline | flows | C#, ns a packet | C, ns a packet | C# / C |");
        writer.WriteLine("|---|---|---|---|---|");
        foreach (IGrouping<object, BenchmarkReport> flows in reports.GroupBy(report => report.BenchmarkCase.Parameters[nameof(Baseline4.Flows)]))
        {
            PrintRow(writer, flows, nameof(Baseline4.Forward), nameof(Baseline4.ForwardInC));
            PrintRow(writer, flows, nameof(Baseline4.Return), nameof(Baseline4.ReturnInC));
        }
    }

    private static void PrintRow(TextWriter writer, IGrouping<object, BenchmarkReport> flows, string core, string c)
    {
        double? fill = MeanOf(flows, nameof(Baseline4.FillFrame)), inCore = MeanOf(flows, core) - fill, inC = MeanOf(flows, c) - fill;
        if (inCore is null || inC is null) return;
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {core} | {flows.Key} | {inCore:F2} | {inC:F2} | {inCore / inC:F2} |"));
    }

    private static double? MeanOf(IEnumerable<BenchmarkReport> reports, string method) =>
        reports.FirstOrDefault(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == method)?.ResultStatistics?.Mean;
}
