using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Core.Pipeline;
using KubeProxy.Core.Services;
using KubeProxy.Interop;
using KubeProxy.Plugin.Border;
using KubeProxy.Plugin.Workers;

namespace KubeProxy.Plugin.Nodes;

/// <summary>
/// Graph node kp-housekeeping: runs once a second on every thread, so that the sessions of a thread without packets
/// age too (invariant SES-4). On the main thread it also lets the catalog give back what has drained. The first run on
/// a worker is what attaches it to the managed runtime, before its first packet.
/// </summary>
internal static unsafe class HousekeepingNode
{
    private const double PeriodSeconds = 1;

    private static uint _nodeIndex;
    private static ServiceCatalog? _catalog;

    /// <summary>Registers the node; it runs once <see cref="Start"/> has been called.</summary>
    public static void Register(vlib_main_t* vm)
    {
        vlib_node_registration_t* node = (vlib_node_registration_t*)NativeMemory.AllocZeroed((nuint)sizeof(vlib_node_registration_t));
        node->function = &Run;
        node->name = NativeText.Forever("kp-housekeeping");
        node->type = vlib_node_type_t.VLIB_NODE_TYPE_SCHED;
        fixed (byte* format = "%s"u8) _nodeIndex = Vlib.vlib_register_node(vm, node, format, node->name);
    }

    /// <summary>Schedules the node on the main thread now, and on each worker when it starts.</summary>
    public static void Start(vlib_main_t* vm, ServiceCatalog catalog)
    {
        _catalog = catalog;
        _vlib_init_function_list_elt_t* element =
            (_vlib_init_function_list_elt_t*)NativeMemory.AllocZeroed((nuint)sizeof(_vlib_init_function_list_elt_t));
        element->f = &StartWorker;
        element->name = NativeText.Forever("kp_start_worker");
        element->next_init_function = VppProcess.Imports->GlobalMain->worker_init_function_registrations;
        VppProcess.Imports->GlobalMain->worker_init_function_registrations = element;
        Vlib.vlib_node_schedule(vm, _nodeIndex, PeriodSeconds);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static clib_error_t* StartWorker(vlib_main_t* vm)
    {
        Vlib.vlib_node_schedule(vm, _nodeIndex, PeriodSeconds);
        return null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint Run(vlib_main_t* vm, vlib_node_runtime_t* node, vlib_frame_t* frame)
    {
        PluginThread* thread = Threads.States + vm->thread_index;
        for (uint realm = 0; realm < Volatile.Read(ref RealmMap.HighWater); realm++)
        {
            Worker* worker = thread->Realms[realm];
            if (worker != null) Housekeeping.BeforeFrame(worker, (ulong)Vlib.vlib_time_last_node_dispatch(vm));
        }

        if (vm->thread_index == 0) Maintain();
        Vlib.vlib_node_schedule(vm, _nodeIndex, PeriodSeconds);
        return 0;
    }

    private static void Maintain()
    {
        try
        {
            _catalog!.Maintain();
        }
        catch (Exception error)
        {
            Log.Error($"maintenance: {error.Message}");
        }
    }
}
