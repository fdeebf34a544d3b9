using System.Diagnostics;

namespace KubeProxy.Testbed;

/// <summary>Waiting for a condition: polled, bounded, and saying what it waited for when it gives up.</summary>
public static class Wait
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(20);

    public static void Until(Func<bool> condition, TimeSpan limit, Func<string> waitedFor)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentNullException.ThrowIfNull(waitedFor);
        long start = Stopwatch.GetTimestamp();
        TimeSpan pause = TimeSpan.FromMilliseconds(0.2);
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
                throw new TestbedException($"waited {limit.TotalSeconds:0.#} s for {waitedFor()}");
            Thread.Sleep(pause);
            pause = pause < LongestPause ? pause * 1.5 : LongestPause;
        }
    }

    public static void Until(Func<bool> condition, TimeSpan limit, string waitedFor) => Until(condition, limit, () => waitedFor);
}
