using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>One thread's VLIB main structure (vlib/main.h): the fields that the plugin and the host use, at their true offsets.</summary>
[StructLayout(LayoutKind.Explicit, Size = 1408)]
public unsafe struct vlib_main_t
{
    /// <summary>Instruction level timing state.</summary>
    [FieldOffset(0)]
    public clib_time_t clib_time;

    /// <summary>Offset from the main thread's time, in seconds.</summary>
    [FieldOffset(80)]
    public double time_offset;

    /// <summary>When the worker barrier was last released.</summary>
    [FieldOffset(88)]
    public double time_last_barrier_release;

    /// <summary>CPU time stamp of the last node dispatch.</summary>
    [FieldOffset(96)]
    public ulong cpu_time_last_node_dispatch;

    /// <summary>CPU time stamp of the main loop's start (time 0).</summary>
    [FieldOffset(104)]
    public ulong cpu_time_main_loop_start;

    /// <summary>Incremented once for each turn of the main loop; another thread reads it with <see cref="Volatile"/>.</summary>
    [FieldOffset(112)]
    public uint main_loop_count;

    /// <summary>Vectors processed in this turn of the main loop.</summary>
    [FieldOffset(116)]
    public uint main_loop_vectors_processed;

    /// <summary>Nodes processed in this turn of the main loop.</summary>
    [FieldOffset(120)]
    public uint main_loop_nodes_processed;

    /// <summary>Set when the main loop is to end.</summary>
    [FieldOffset(212)]
    public uint main_loop_exit_now;

    /// <summary>Where the buffers are; the same object for every thread.</summary>
    [FieldOffset(296)]
    public vlib_buffer_main_t* buffer_main;

    /// <summary>The node graph of this thread.</summary>
    [FieldOffset(344)]
    public vlib_node_main_t node_main;

    /// <summary>The packet trace buffer of this thread.</summary>
    [FieldOffset(608)]
    public vlib_trace_main_t trace_main;

    /// <summary>The error counters of this thread.</summary>
    [FieldOffset(680)]
    public vlib_error_main_t error_main;

    /// <summary>Seed of VLIB's random numbers.</summary>
    [FieldOffset(792)]
    public nuint random_seed;

    /// <summary>0 for the main thread, 1… for workers.</summary>
    [FieldOffset(1136)]
    public ushort thread_index;

    /// <summary>The NUMA node that the thread runs on.</summary>
    [FieldOffset(1140)]
    public uint numa_node;

    /// <summary>Not 0 while the worker waits at the barrier.</summary>
    [FieldOffset(1224)]
    public int parked_at_barrier;

    /// <summary>Main loop turns a second, damped.</summary>
    [FieldOffset(1256)]
    public double loops_per_second;

    /// <summary>This thread's timing wheel: see <see cref="Vlib.vlib_node_schedule"/>.</summary>
    [FieldOffset(1360)]
    public void* timing_wheel;

    /// <summary>Timers that run on it.</summary>
    [FieldOffset(1368)]
    public uint n_tw_timers;
}
