using System.Diagnostics;
using System.Globalization;

namespace KubeProxy.Bench.Vpp.Hosts;

/// <summary>
/// How long a polling thread was kept from its CPU: the clock's time minus the time that it ran. All of a pause is put
/// down to the one node that it meets, so a paused sample is worth nothing.
/// </summary>
internal sealed class ThreadTime
{
    /// <summary>The kernel brings a running thread's account up to date once a tick, at the latest.</summary>
    private const double GrainSeconds = 0.004;
    private readonly int _thread;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly double _ranBefore;

    private ThreadTime(int thread)
    {
        _thread = thread;
        _ranBefore = RanSeconds(thread);
    }

    public static ThreadTime Start(int thread) => new(thread);

    /// <summary>The share of the time since the start that was lost for certain.</summary>
    public double LostShare()
    {
        double ran = RanSeconds(_thread) - _ranBefore;
        double passed = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        return Math.Max(0, passed - ran - GrainSeconds) / passed;
    }

    /// <summary>The first number of schedstat: nanoseconds on a CPU.</summary>
    private static double RanSeconds(int thread) =>
        double.Parse(File.ReadAllText($"/proc/{thread}/task/{thread}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1e9;
}
