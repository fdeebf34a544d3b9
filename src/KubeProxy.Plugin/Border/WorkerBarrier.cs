using KubeProxy.Interop;

namespace KubeProxy.Plugin.Border;

/// <summary>
/// Holds every worker outside its nodes until disposed. Only around what VPP itself wants it for (its FIB, counters
/// that move) and around changes of the session tables. Recursive; nothing happens without workers. In a
/// <see cref="WorkerBarrierGroup"/> the first one lasts until the group's end.
/// </summary>
internal readonly unsafe ref struct WorkerBarrier
{
    private WorkerBarrier(vlib_main_t* vm) => Thread = vm;

    private vlib_main_t* Thread { get; }

    /// <summary>Stops the workers.</summary>
    public static WorkerBarrier Hold()
    {
        WorkerBarrierGroup.KeepStopped();
        Sync();
        return new WorkerBarrier(VppProcess.MainThread);
    }

    /// <summary>Lets the workers go on, unless something around it holds them too.</summary>
    public void Dispose() => Vlib.vlib_worker_thread_barrier_release(Thread);

    /// <summary>Stops the workers, or counts one more stop if they stand.</summary>
    internal static void Sync()
    {
        fixed (byte* caller = "kube-proxy"u8) Vlib.vlib_worker_thread_barrier_sync_int(VppProcess.MainThread, caller);
    }
}
