using KubeProxy.Interop;

namespace KubeProxy.Plugin.Border;

/// <summary>
/// Holds every worker outside its nodes until disposed. Only around what VPP itself wants it for (its FIB, counters
/// that move) and around changes of the session tables. Recursive; nothing happens without workers.
/// </summary>
internal readonly unsafe ref struct WorkerBarrier
{
    private WorkerBarrier(vlib_main_t* vm) => Thread = vm;

    private vlib_main_t* Thread { get; }

    /// <summary>Stops the workers.</summary>
    public static WorkerBarrier Hold()
    {
        fixed (byte* caller = "kube-proxy"u8) Vlib.vlib_worker_thread_barrier_sync_int(VppProcess.MainThread, caller);
        return new WorkerBarrier(VppProcess.MainThread);
    }

    /// <summary>Lets the workers go on.</summary>
    public void Dispose() => Vlib.vlib_worker_thread_barrier_release(Thread);
}
