using System.Runtime.InteropServices;
using KubeProxy.Testbed;

namespace KubeProxy.Bench.Vpp.Hosts;

/// <summary>Gives VPP's thread its CPU ahead of everything else: for figures of a machine that is not quiet, which are still no figures of a quiet one.</summary>
internal static unsafe partial class RealTime
{
    private const int Fifo = 1;
    private const int LowestPriority = 1;

    public static void Apply(int pid)
    {
        int priority = LowestPriority;
        if (SetScheduler(pid, Fifo, &priority) != 0)
            throw new TestbedException("real-time scheduling was refused");
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int pid, int policy, int* priority);
}
