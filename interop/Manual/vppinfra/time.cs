using System.Runtime.CompilerServices;

namespace KubeProxy.Interop;

public static unsafe partial class Clib
{
    /// <summary>
    /// Seconds since the clock was started, for a CPU time stamp that VPP took. It neither reads the time stamp counter nor changes the clock:
    /// VPP itself corrects the frequency on its own calls, once in about 16 seconds.
    /// </summary>
    /// <param name="c">A thread's clock.</param>
    /// <param name="n">A CPU time stamp of that thread.</param>
    /// <returns>Seconds.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double clib_time_now_internal(clib_time_t* c, ulong n)
    {
        // t = c->total_cpu_time + n - c->last_cpu_time;
        // c->total_cpu_time = t;   c->last_cpu_time = n;       (left to VPP, as is clib_time_verify_frequency)
        // return t * c->seconds_per_clock;
        ulong t = c->total_cpu_time + n - c->last_cpu_time;
        return t * c->seconds_per_clock;
    }
}
