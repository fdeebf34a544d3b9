using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KubeProxy.Host.Border;
using KubeProxy.Interop;

namespace KubeProxy.Host.Vlib;

/// <summary>The timing wheel, as far as nodes of type SCHED need it: each start runs the node once, when its time has come.</summary>
internal static unsafe class Timers
{
    private const double TicksPerSecond = 1e5;
    private const uint EventTypeMask = 3;
    private const uint ScheduledNode = 3;
    private const int EventTypeBits = 2;
    private const byte ReasonScheduled = 4;

    private static readonly PriorityQueue<uint, double> Waiting = new();

    private static uint _handles;

    /// <summary>The plugin hands the wheel back with every call and never looks inside.</summary>
    internal static void Initialize() => MainThread.Vm->timing_wheel = NativeMemory.AllocZeroed(1);

    /// <summary>Starts a timer for the event in <paramref name="userHandle"/>: its kind in the low two bits, the node above them.</summary>
    [UnmanagedCallersOnly(EntryPoint = "tw_timer_start_1t_3w_1024sl_ov", CallConvs = [typeof(CallConvCdecl)])]
    internal static uint Start(void* wheel, uint userHandle, uint timerId, ulong ticks)
    {
        if ((userHandle & EventTypeMask) == ScheduledNode)
            Waiting.Enqueue(userHandle >> EventTypeBits, MainThread.Now + (ticks / TicksPerSecond));
        else
            HostLog.Error("the embedded host's timers run nodes of type SCHED only");
        return _handles++ & 0x7fffffff;
    }

    /// <summary>Runs the nodes whose time has come. One that starts its timer again is not run again in this turn.</summary>
    internal static void Run()
    {
        double now = MainThread.Now;
        while (Waiting.TryPeek(out uint index, out double due) && due <= now)
        {
            Waiting.Dequeue();
            GraphNode node = Graph.Get(index);
            MainThread.Vm->n_tw_timers--;
            node.Runtime->stop_timer_handle_plus_1 = 0;
            node.Runtime->dispatch_reason = (vlib_node_dispatch_reason_t)ReasonScheduled;
            node.Calls++;
            node.Runtime->function(MainThread.Vm, node.Runtime, null);
        }
    }
}
