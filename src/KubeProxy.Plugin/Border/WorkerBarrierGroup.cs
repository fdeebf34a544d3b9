using KubeProxy.Interop;

namespace KubeProxy.Plugin.Border;

/// <summary>
/// Makes one stop of many: the first <see cref="WorkerBarrier.Hold"/> in a group stops the workers, and they go on at
/// the group's end. To stop, every worker must end its turn and, where threads share cores, first be given its core:
/// far longer than most of what is done meanwhile. A group without a hold stops nobody. Main thread only.
/// </summary>
internal sealed unsafe class WorkerBarrierGroup : IDisposable
{
    private static readonly WorkerBarrierGroup Instance = new();
    private static int _depth;
    private static bool _isStopped;

    /// <summary>Begins a group, or joins the one around it.</summary>
    public static IDisposable Enter()
    {
        _depth++;
        return Instance;
    }

    /// <summary>Called by every hold: within a group the first one's stop lasts.</summary>
    public static void KeepStopped()
    {
        if (_depth == 0 || _isStopped) return;
        WorkerBarrier.Sync();
        _isStopped = true;
    }

    /// <summary>Ends a group; the outermost lets the workers go on.</summary>
    public void Dispose()
    {
        if (--_depth > 0 || !_isStopped) return;
        _isStopped = false;
        Vlib.vlib_worker_thread_barrier_release(VppProcess.MainThread);
    }
}
