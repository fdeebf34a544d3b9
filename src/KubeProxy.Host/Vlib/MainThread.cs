using System.Runtime.InteropServices;
using KubeProxy.Host.Border;
using KubeProxy.Host.Vppinfra;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>The one thread's vlib_main_t, filled as far as a plugin may read it.</summary>
internal static unsafe class MainThread
{
    private const ulong CacheLineBytes = 64;
    private const double CalibrationSeconds = 0.02;

    internal static vlib_main_t* Vm { get; private set; }

    /// <summary>Seconds since the host started, by the processor's time stamp counter.</summary>
    internal static double Now => (HostData.Timestamp() - Vm->clib_time.init_cpu_time) * Vm->clib_time.seconds_per_clock;

    internal static double UnixNow => Vm->clib_time.init_reference_time + Now;

    internal static void Initialize()
    {
        HostData.Initialize();
        Vm = (vlib_main_t*)NativeMemory.AlignedAlloc((nuint)sizeof(vlib_main_t), (nuint)CacheLineBytes);
        NativeMemory.Clear(Vm, (nuint)sizeof(vlib_main_t));
        vlib_main_t** mains = (vlib_main_t**)Vec.CreatePointers(1);
        mains[0] = Vm;
        HostData.GlobalMain->vlib_mains = mains;
        HostData.GlobalMain->name = Vec.FromStringTerminated("ku-host");
        Calibrate();
        ulong now = HostData.Timestamp();
        Vm->cpu_time_main_loop_start = now;
        Vm->cpu_time_last_node_dispatch = now;
    }

    /// <summary>One more turn of the main loop: what a plugin counts to know that its readers have let go.</summary>
    internal static void BeginLoop()
    {
        Vm->main_loop_count++;
        Vm->cpu_time_last_node_dispatch = HostData.Timestamp();
    }

    private static void Calibrate()
    {
        long startNanoseconds = NowNanoseconds();
        ulong start = HostData.Timestamp();
        Thread.Sleep((int)(CalibrationSeconds * 1000));
        ulong end = HostData.Timestamp();
        double seconds = (NowNanoseconds() - startNanoseconds) * 1e-9;
        clib_time_t* time = &Vm->clib_time;
        time->clocks_per_second = (end - start) / seconds;
        time->seconds_per_clock = seconds / (end - start);
        time->init_cpu_time = end;
        time->last_cpu_time = end;
        time->last_verify_cpu_time = end;
        time->log2_clocks_per_second = (uint)Math.Log2(time->clocks_per_second);
        // The clock is never compared with the kernel's again: the host does not live long enough to drift.
        time->log2_clocks_per_frequency_verify = 63;
        time->init_reference_time = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
        time->last_verify_reference_time = time->init_reference_time;
    }

    private static long NowNanoseconds() => System.Diagnostics.Stopwatch.GetTimestamp() * (1_000_000_000 / System.Diagnostics.Stopwatch.Frequency);
}
