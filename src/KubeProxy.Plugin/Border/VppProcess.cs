using KubeProxy.Interop;

namespace KubeProxy.Plugin.Border;

/// <summary>What of VPP the plugin holds on to: set once at start, before any worker runs.</summary>
internal static unsafe class VppProcess
{
    /// <summary>Addresses of VPP's data.</summary>
    public static Imports* Imports;

    /// <summary>The main thread's vlib_main_t.</summary>
    public static vlib_main_t* MainThread;

    /// <summary>Keeps the pointers.</summary>
    public static void Open(vlib_main_t* vm, Imports* imports)
    {
        MainThread = vm;
        Imports = imports;
    }

    /// <summary>Number of threads that may run nodes, the main thread included.</summary>
    public static uint ThreadCount => Vlib.vlib_get_thread_main_not_inline()->n_vlib_mains;

    /// <summary>The vlib_main_t of a thread.</summary>
    public static vlib_main_t* Thread(uint index) => Imports->GlobalMain->vlib_mains[index];
}
