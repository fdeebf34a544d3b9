using System.Globalization;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>What all processors did over a time: the share that others used or the hypervisor took tells whether figures are worth anything.</summary>
internal sealed record CpuUse(double Busy, double Stolen)
{
    /// <summary>A machine is quiet below this share, measured before VPP starts.</summary>
    public const double QuietLimit = 0.1;

    public bool IsQuiet => Busy <= QuietLimit;

    public static CpuUse Over(TimeSpan time)
    {
        Ticks start = Ticks.Now();
        Thread.Sleep(time);
        return start.UseUntil(Ticks.Now());
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Busy:P0} busy, {Stolen:P0} stolen");

    private sealed record Ticks(double Total, double Idle, double Steal)
    {
        /// <summary>/proc/stat: user nice system idle iowait irq softirq steal.</summary>
        public static Ticks Now()
        {
            double[] numbers = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
                .Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
            return new Ticks(numbers.Sum(), numbers[3] + numbers[4], numbers[7]);
        }

        public CpuUse UseUntil(Ticks end)
        {
            double total = Math.Max(1, end.Total - Total);
            return new CpuUse(1 - ((end.Idle - Idle) / total), (end.Steal - Steal) / total);
        }
    }
}
