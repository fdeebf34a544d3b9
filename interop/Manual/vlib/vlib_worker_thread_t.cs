using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>An element of the datum <c>vlib_worker_threads</c> (vlib/threads.h).</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
public unsafe struct vlib_worker_thread_t
{
    /// <summary>Not 0 while the main thread asks the workers to stop; element 0's is everyone's.</summary>
    [FieldOffset(0)]
    public uint* wait_at_barrier;

    /// <summary>How many workers have stopped.</summary>
    [FieldOffset(8)]
    public uint* workers_at_barrier;

    /// <summary>How deep barrier_sync is nested.</summary>
    [FieldOffset(96)]
    public long recursion_level;

    /// <summary>Number among the threads of its kind.</summary>
    [FieldOffset(120)]
    public uint instance_id;

    /// <summary>The thread's name, a vector.</summary>
    [FieldOffset(136)]
    public byte* name;

    /// <summary>How often the barrier was taken.</summary>
    [FieldOffset(144)]
    public ulong barrier_sync_count;

    /// <summary>The kernel's thread id.</summary>
    [FieldOffset(200)]
    public long lwp;

    /// <summary>The CPU it is pinned to.</summary>
    [FieldOffset(208)]
    public int cpu_id;

    /// <summary>The core of that CPU.</summary>
    [FieldOffset(212)]
    public int core_id;

    /// <summary>The NUMA node of that CPU.</summary>
    [FieldOffset(216)]
    public int numa_id;
}
