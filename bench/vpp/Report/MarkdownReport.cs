using System.Globalization;
using System.Net.Sockets;
using System.Text;
using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Testbed.Packets;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>The figures as text: one table for every number of flows and direction.</summary>
internal sealed class MarkdownReport(MeasurementOptions options, CpuUse before)
{
    private readonly StringBuilder _text = new();

    private bool IsFromGenerator => options is { Family: AddressFamily.InterNetwork, Protocol: Transport.Udp };

    public string Write(string title, IReadOnlyList<Measured> measurements)
    {
        _text.Append($"# {title}\n\n");
        AppendSurroundings(measurements[0]);
        foreach (Measured measured in measurements)
        {
            foreach ((Direction direction, Samples samples) in measured.Samples)
                AppendTable(measured, direction, samples);
        }

        AppendReading();
        return _text.ToString();
    }

    private void AppendSurroundings(Measured measured)
    {
        _text.Append("| | |\n|---|---|\n");
        foreach ((string name, string value) in Machine.Describe(measured.VppVersion, measured.VppCpu))
            _text.Append($"| {name} | {value} |\n");
        string family = options.Family == AddressFamily.InterNetwork ? "IPv4" : "IPv6";
        _text.Append($"| packets | {family} {options.Protocol.ToString().ToUpperInvariant()}, {(IsFromGenerator ? "64 bytes" : "16 bytes of payload, replayed")}, at most {options.MaxFrame} in a frame, keys in random order, one VIP, four pods |\n");
        _text.Append($"| VPP thread | main thread only, polling, on CPU {options.Core}{(options.IsRealTime ? ", real-time scheduling" : "")} |\n");
        _text.Append($"| pages | {options.Pages.ToString().ToLowerInvariant()} for everybody's tables |\n".Replace("own for everybody's tables", "as each gets them", StringComparison.Ordinal));
        _text.Append(CultureInfo.InvariantCulture, $"| samples | {options.Sampling.Samples} or more of {options.Sampling.Seconds} s each, all in one process, in turn and back again |\n");
        _text.Append($"| machine before the run | {before}{(before.IsQuiet ? "" : ": **not quiet, figures not for publication**")} |\n");
    }

    private void AppendTable(Measured measured, Direction direction, Samples samples)
    {
        string way = direction == Direction.Forward ? "client to pod" : "pod to client";
        _text.Append(CultureInfo.InvariantCulture, $"\n## {measured.Flows.Count:N0} flows, {way}\n\n");
        _text.Append("| | nodes | min | median | / ip-lookup | ip-lookup | whole path | service adds | sessions | samples |\n");
        _text.Append("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        double plain = Spread.Of(samples.Accepted(PlainContender.ContenderName).Select(sample => sample.PathClocks)).Median;
        foreach (Contender contender in measured.Contenders.Where(contender => samples.Of(contender.Name).Count > 0))
            AppendRow(contender, direction, measured, samples, plain);
        foreach (Contender contender in measured.Contenders.Where(contender => samples.Of(contender.Name).Count > 0))
            AppendRatio(contender, samples);
        _text.Append(CultureInfo.InvariantCulture, $"\nTables of {measured.Size.Buckets:N0} buckets; {measured.HugePageBytes >> 20} MB of VPP on huge pages.\n");
        foreach (string note in measured.Notes)
            _text.Append($"- Note: {note}.\n");
    }

    private void AppendRow(Contender contender, Direction direction, Measured measured, Samples samples, double plain)
    {
        IReadOnlyList<Sample> accepted = samples.Accepted(contender.Name);
        Spread own = Spread.Of(accepted.Select(sample => sample.OwnClocks));
        double ratio = Spread.Of(accepted.Select(sample => sample.RatioToLookup)).Median;
        double lookup = Spread.Of(accepted.Select(sample => sample.LookupClocks)).Median;
        double path = Spread.Of(accepted.Select(sample => sample.PathClocks)).Median;
        IReadOnlyList<string> nodes = (direction == Direction.Forward ? contender.ForwardNodes : contender.ReturnNodes) ?? [];
        bool hasOwn = nodes.Count > 0;
        string adds = hasOwn && !double.IsNaN(plain) ? Clocks(path - plain) : "";
        _text.Append($"| {contender.Name} | {string.Join(" + ", nodes)} | {(hasOwn ? Clocks(own.Minimum) : "")} | {(hasOwn ? Clocks(own.Median) : "")} ");
        _text.Append(CultureInfo.InvariantCulture, $"| {(hasOwn ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : "")} | {Clocks(lookup)} | {Clocks(path)} | {adds} ");
        _text.Append($"| {measured.Sessions[contender.Name]} | {accepted.Count} of {samples.Of(contender.Name).Count} |\n");
    }

    /// <summary>Ours to another, once as clocks and once as multiples of ip-lookup, which takes the machine's drift out.</summary>
    private void AppendRatio(Contender other, Samples samples)
    {
        if (other is KubeProxyContender or PlainContender)
            return;
        double clocks = Median(samples, KubeProxyContender.ContenderName, sample => sample.OwnClocks) / Median(samples, other.Name, sample => sample.OwnClocks);
        double ratios = Median(samples, KubeProxyContender.ContenderName, sample => sample.RatioToLookup) / Median(samples, other.Name, sample => sample.RatioToLookup);
        _text.Append(CultureInfo.InvariantCulture, $"\n**kube-proxy / {other.Name} = {clocks:0.00}** (by multiples of ip-lookup: {ratios:0.00})\n");
    }

    private void AppendReading()
    {
        _text.Append("\n## How to read this\n\n");
        _text.Append("Clocks are TSC ticks a packet as `show runtime` prints them; minimum and median are over the accepted samples. ");
        _text.Append(CultureInfo.InvariantCulture, $"A sample is accepted when its ip-lookup is at most {options.Sampling.NoiseLimit:0.0} x its contender's fastest. ");
        _text.Append("\"/ ip-lookup\" is the median of the ratios within a sample. \"Whole path\" is every node that the packets passed, without the generator; ");
        _text.Append("\"service adds\" is that minus plain forwarding of the same packets. The generator recycles its buffers, so packet headers lie in the nearest caches; ");
        _text.Append("with a real network card every node is slower. Packets a second are not derived from these figures.\n");
    }

    private static double Median(Samples samples, string contender, Func<Sample, double> value) => Spread.Of(samples.Accepted(contender).Select(value)).Median;

    private static string Clocks(double clocks) => clocks.ToString("0.0", CultureInfo.InvariantCulture);
}
