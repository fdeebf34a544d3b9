using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vlib
{
    /// <summary><c>VLIB_TW_TICKS_PER_SECOND</c> (vlib/tw_funcs.h): a tick is 10 µs.</summary>
    public const uint VLIB_TW_TICKS_PER_SECOND = 100_000;

    /// <summary><c>VLIB_TW_EVENT_T_SCHED_NODE</c>, the two low bits of a <c>vlib_tw_event_t</c>; the other 30 are the node's index.</summary>
    public const uint VLIB_TW_EVENT_T_SCHED_NODE = 3;

    /// <summary><c>u32 tw_timer_start_1t_3w_1024sl_ov (wheel, u32 pool_index, u32 timer_id, u64 interval)</c> (vppinfra/tw_timer_template.h).</summary>
    /// <param name="tw">Timing wheel.</param>
    /// <param name="pool_index">What comes back when the timer expires.</param>
    /// <param name="timer_id">0.</param>
    /// <param name="interval">Ticks.</param>
    /// <returns>Handle.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern uint tw_timer_start_1t_3w_1024sl_ov(void* tw, uint pool_index, uint timer_id, ulong interval);

    /// <summary>Runs a node of type SCHED once on this thread, after a time (vlib/node_funcs.h). It must not be scheduled already.</summary>
    /// <param name="vm">This thread's main.</param>
    /// <param name="node_index">Node.</param>
    /// <param name="dt">Seconds.</param>
    public static void vlib_node_schedule(vlib_main_t* vm, uint node_index, double dt)
    {
        // vlib_node_runtime_t *rt = vlib_node_get_runtime (vm, node_index);
        // vlib_tw_event_t e = { .type = VLIB_TW_EVENT_T_SCHED_NODE, .index = node_index };
        // dt = flt_round_nearest (dt * VLIB_TW_TICKS_PER_SECOND);   ticks = clib_max ((u64) dt, 1);
        // rt->stop_timer_handle_plus_1 = 1 + vlib_tw_timer_start (vm, e, ticks);
        //   vlib_tw_timer_start: vm->n_tw_timers++;   return TW (tw_timer_start) (vm->timing_wheel, e.as_u32, 0, interval);
        vlib_node_runtime_t* rt = vlib_node_get_runtime(vm, node_index);
        ulong ticks = Math.Max((ulong)Math.Round(dt * VLIB_TW_TICKS_PER_SECOND), 1);
        vm->n_tw_timers++;
        uint e = VLIB_TW_EVENT_T_SCHED_NODE | (node_index << 2);
        rt->stop_timer_handle_plus_1 = 1 + tw_timer_start_1t_3w_1024sl_ov(vm->timing_wheel, e, 0, ticks);
    }
}
