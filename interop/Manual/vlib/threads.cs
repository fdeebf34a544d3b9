using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

public static unsafe partial class Vlib
{
    /// <summary>
    /// <c>void vlib_worker_thread_barrier_sync_int (vlib_main_t *vm, const char *func_name)</c>: stops the workers; nests.
    /// Never with SuppressGCTransition: it waits for workers, which may be waiting for the garbage collector.
    /// </summary>
    /// <param name="vm">The main thread's main.</param>
    /// <param name="func_name">Who asks, zero-terminated; kept, not copied.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void vlib_worker_thread_barrier_sync_int(vlib_main_t* vm, byte* func_name);

    /// <summary><c>void vlib_worker_thread_barrier_release (vlib_main_t *vm)</c>.</summary>
    /// <param name="vm">The main thread's main.</param>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern void vlib_worker_thread_barrier_release(vlib_main_t* vm);

    /// <summary><c>vlib_thread_main_t *vlib_get_thread_main_not_inline (void)</c>.</summary>
    /// <returns>The threads as the start-up configuration wants them: known to init functions, when the workers are not yet started.</returns>
    [DllImport("vpp", ExactSpelling = true)]
    public static extern vlib_thread_main_t* vlib_get_thread_main_not_inline();

    /// <summary><c>vec_len (vlib_global_main.vlib_mains)</c>: the main thread and the workers.</summary>
    /// <param name="vgm">Address of <c>vlib_global_main</c>.</param>
    /// <returns>Number of threads, at least 1; final once the workers are started.</returns>
    public static uint vlib_get_n_threads(vlib_global_main_t* vgm)
    {
        // return vec_len (vlib_global_main.vlib_mains);
        return Clib.vec_len(vgm->vlib_mains);
    }

    /// <summary>A thread's main.</summary>
    /// <param name="vgm">Address of <c>vlib_global_main</c>.</param>
    /// <param name="thread_index">Which thread.</param>
    /// <returns>Its main.</returns>
    public static vlib_main_t* vlib_get_main_by_index(vlib_global_main_t* vgm, uint thread_index)
    {
        // vm = vlib_global_main.vlib_mains[thread_index];
        return vgm->vlib_mains[thread_index];
    }
}
