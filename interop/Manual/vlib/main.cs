using System.Runtime.CompilerServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vlib
{
    /// <summary>
    /// Seconds of this thread's clock at its last node dispatch: what <c>vlib_time_now</c> said then, to within a frame, without reading the time stamp
    /// counter. It follows <c>set clock adjust</c>, which moves <see cref="vlib_main_t.time_offset"/>, and the offset that keeps workers with the main thread.
    /// </summary>
    /// <param name="vm">This thread's main.</param>
    /// <returns>Seconds; the same epoch on all threads.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double vlib_time_last_node_dispatch(vlib_main_t* vm)
    {
        // vlib_time_now:       return clib_time_now (&vm->clib_time) + vm->time_offset;
        // vlib_time_adjust:    vm->time_offset += offset;
        // Before its first dispatch a thread's stamp is 0, which is before its clock was set: the later of the two counts.
        ulong n = Math.Max(vm->cpu_time_last_node_dispatch, vm->clib_time.last_cpu_time);
        return Clib.clib_time_now_internal(&vm->clib_time, n) + vm->time_offset;
    }
}
