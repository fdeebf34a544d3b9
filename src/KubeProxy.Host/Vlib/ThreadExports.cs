using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Host.Border;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>One thread. The worker barrier has nobody to stop, but who takes it must give it back.</summary>
internal static unsafe class ThreadExports
{
    private static readonly vlib_thread_main_t* Main = (vlib_thread_main_t*)NativeMemory.AllocZeroed((nuint)sizeof(vlib_thread_main_t));

    private static int _depth;

    /// <summary>True while a barrier is held.</summary>
    internal static bool IsBarrierHeld => _depth > 0;

    [UnmanagedCallersOnly(EntryPoint = "vlib_get_thread_main_not_inline", CallConvs = [typeof(CallConvCdecl)])]
    internal static vlib_thread_main_t* GetThreadMain()
    {
        Main->n_vlib_mains = 1;
        Main->n_threads = 1;
        return Main;
    }

    [UnmanagedCallersOnly(EntryPoint = "vlib_worker_thread_barrier_sync_int", CallConvs = [typeof(CallConvCdecl)])]
    internal static void BarrierSync(vlib_main_t* vm, byte* caller) => _depth++;

    [UnmanagedCallersOnly(EntryPoint = "vlib_worker_thread_barrier_release", CallConvs = [typeof(CallConvCdecl)])]
    internal static void BarrierRelease(vlib_main_t* vm)
    {
        if (_depth == 0)
            HostLog.Error("the plugin released a worker barrier that it did not hold");
        else
            _depth--;
    }
}
