using System.Globalization;
using System.Text;
using KubeProxy.Bench.Vpp.Hosts;
using KubeProxy.Bench.Vpp.Measuring;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>The whole report as text: surroundings, a table for everything measured, all together, targets, and how to read it.</summary>
internal sealed class MarkdownReport(RunOptions options, CpuUse before)
{
    private readonly StringBuilder _text = new();

    public string Write(string title, Results results, bool isComplete, string? plot)
    {
        _text.Append($"# {title}\n\n");
        AppendSurroundings(results.All[0].Circumstances);
        foreach (Measured measured in results.All)
            _text.Append(new MeasuredTable(measured).Write());
        _text.Append(new SweepTable(results).Write());
        if (plot is not null)
            _text.Append($"\n![clocks over flows]({plot})\n");
        AppendReading();
        _text.Append(TargetTable.Write(results, isComplete));
        return _text.ToString();
    }

    private void AppendSurroundings(Circumstances circumstances)
    {
        _text.Append("| | |\n|---|---|\n");
        foreach ((string name, string value) in Machine.Describe(circumstances.VppVersion, circumstances.VppCpu))
            _text.Append($"| {name} | {value} |\n");
        _text.Append("| packets | IPv4 UDP of 64 bytes, at most 256 in a frame, one VIP, four pods, where a heading says nothing else; ");
        _text.Append("keys in random order; answers are replayed |\n");
        _text.Append($"| VPP thread | main thread only, polling, on CPU {options.Core}{(options.IsRealTime ? ", real-time scheduling" : "")} |\n");
        string pages = options.Pages == PageChoice.Own ? "as each gets them" : $"{options.Pages.ToString().ToLowerInvariant()} for everybody's tables";
        _text.Append($"| pages | {pages} |\n");
        _text.Append(CultureInfo.InvariantCulture, $"| samples | {options.Sampling.Samples} or more of {options.Sampling.Seconds} s each, all in one process, in turn and back again |\n");
        _text.Append($"| machine before the run | {before}{(before.IsQuiet ? "" : ": **not quiet, figures not for publication**")} |\n");
    }

    private void AppendReading()
    {
        _text.Append("\n## How to read this\n\n");
        _text.Append("Clocks are TSC ticks a packet as `show runtime` prints them; minimum and median are over the accepted samples. ");
        _text.Append(CultureInfo.InvariantCulture, $"A sample is accepted when its ip-lookup is at most {options.Sampling.NoiseLimit:0.0} x its row's fastest and VPP kept its CPU. ");
        _text.Append("\"/ ip-lookup\" is the median of the ratios within a sample. \"Whole path\" is every node that the packets passed, without the generator; ");
        _text.Append("\"adds\" is that minus plain forwarding of the same packets, or minus the same path without ours. The generator recycles its buffers, so packet ");
        _text.Append("headers lie in the nearest caches; with a real network card every node is slower. Packets a second are not derived from these figures. ");
        _text.Append("Replayed packets are copied from memory and leave other caches than generated ones: compare only like with like.\n");
    }
}
